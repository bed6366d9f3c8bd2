"""The tests' room as a service installs one: registered when the process starts."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Tables and room of the tests."""

    name = "tests.testapp"
    label = "testapp"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the consumers and connect their receivers."""
        from shared import registry
        from tests.testapp.room import BOOKS, ROOM, SHELVES

        registry.register(ROOM, SHELVES, BOOKS)
