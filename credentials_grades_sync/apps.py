"""Makes the room known to the service that installs it."""

from django.apps import AppConfig


class CredentialsGradesSyncConfig(AppConfig):
    """Registers the room's consumers."""

    name = "credentials_grades_sync"
    verbose_name = "Credentials grades sync"

    def ready(self) -> None:
        """Register the consumers and connect their receivers."""
        from credentials_grades_sync.consumers import USER_GRADES
        from shared import registry

        registry.register(self.name, USER_GRADES)
