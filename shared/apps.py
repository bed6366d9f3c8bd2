"""Makes ``shared`` a Django application."""

from typing import ClassVar

from django.apps import AppConfig

# openedx-events looks up every configured event type in its own ready(), which may run before a
# room's: by then these imports, made while the apps are being listed, have declared ours.
from shared.events.enterprise import signals as _enterprise  # noqa: F401
from shared.events.learning import signals as _learning  # noqa: F401


class EventSyncConfig(AppConfig):
    """Parked events, dead letters, outcome counts, commands and checks."""

    name = "shared"
    label = "event_sync"
    verbose_name = "Event sync"
    default_auto_field = "django.db.models.BigAutoField"

    # A service with plugins (Credentials) lists whom it finds by an entry point if they have this.
    plugin_app: ClassVar[dict[str, object]] = {}

    def ready(self) -> None:
        """Register the system checks."""
        from shared import checks

        checks.register_checks()
