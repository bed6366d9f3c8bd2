"""The tests of the consumer."""
