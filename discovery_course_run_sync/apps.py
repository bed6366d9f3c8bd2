"""Makes the room known to the service that installs it."""

from django.apps import AppConfig


class DiscoveryCourseRunSyncConfig(AppConfig):
    """Registers the room's consumers."""

    name = "discovery_course_run_sync"
    verbose_name = "Discovery course run sync"

    def ready(self) -> None:
        """Register the consumers and connect their receivers."""
        from discovery_course_run_sync.consumers import COURSE_RUNS
        from shared import registry

        registry.register(self.name, COURSE_RUNS)
