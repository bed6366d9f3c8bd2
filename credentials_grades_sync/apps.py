"""Makes the room known to the service that installs it."""

from typing import ClassVar

from django.apps import AppConfig


class CredentialsGradesSyncConfig(AppConfig):
    """Registers the room's consumers."""

    name = "credentials_grades_sync"
    verbose_name = "Credentials grades sync"

    # Credentials lists whom it finds by the entry point credentials.djangoapp if they have this.
    plugin_app: ClassVar[dict[str, object]] = {}

    def ready(self) -> None:
        """Register the consumers and connect their receivers."""
        from credentials_grades_sync.consumers import USER_GRADES
        from shared import registry

        registry.register(self.name, USER_GRADES)
