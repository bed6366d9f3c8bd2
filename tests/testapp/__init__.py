"""A room of the tests: books that refer to shelves, to try parents, poison and transactions."""
