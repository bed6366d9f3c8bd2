"""Makes ``shared`` a Django application."""

from django.apps import AppConfig


class EventSyncConfig(AppConfig):
    """Parked events, dead letters, outcome counts, commands and checks."""

    name = "shared"
    label = "event_sync"
    verbose_name = "Event sync"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from shared import checks

        checks.register_checks()
