"""Makes the room's own table a Django application of its own."""

from django.apps import AppConfig


class CredentialsGradesSyncStandaloneConfig(AppConfig):
    """Installed only where the host has no table for user grades."""

    name = "credentials_grades_sync.standalone"
    label = "credentials_grades_sync_standalone"
    verbose_name = "Credentials grades sync: own tables"
    default_auto_field = "django.db.models.BigAutoField"
