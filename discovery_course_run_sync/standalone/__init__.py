"""The room's own table, for a service that has none for course runs."""
