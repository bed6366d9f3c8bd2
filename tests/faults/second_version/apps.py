"""The tests' room as a service has it once it is upgraded."""

from tests.installed import LibraryConfig


class SecondLibraryConfig(LibraryConfig):
    """The same tables, with the room's second version."""

    def ready(self) -> None:
        """Register the consumers and connect their receivers."""
        from shared import registry
        from tests.faults.second_version.room import BOOKS
        from tests.testapp.room import ROOM, SHELVES

        registry.register(ROOM, SHELVES, BOOKS)
