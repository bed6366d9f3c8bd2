"""Makes the room's own tables a Django application of its own."""

from django.apps import AppConfig


class EnterpriseLicenseSyncStandaloneConfig(AppConfig):
    """Installed only where the host has no tables for plans, licenses or enrollments."""

    name = "enterprise_license_sync.standalone"
    label = "enterprise_license_sync_standalone"
    verbose_name = "Enterprise license sync: own tables"
    default_auto_field = "django.db.models.BigAutoField"
