"""The room's own tables, for a service that has none for plans, licenses or enrollments."""
