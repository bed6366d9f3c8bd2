"""Makes the room's own table a Django application of its own."""

from django.apps import AppConfig


class DiscoveryCourseRunSyncStandaloneConfig(AppConfig):
    """Installed only where the host has no table for course runs."""

    name = "discovery_course_run_sync.standalone"
    label = "discovery_course_run_sync_standalone"
    verbose_name = "Discovery course run sync: own tables"
    default_auto_field = "django.db.models.BigAutoField"
