"""Settings of Credentials with the room installed; it gets there by its entry point."""

from credentials.settings.test import *  # type: ignore[import-not-found]  # noqa: F403
from credentials.settings.test import INSTALLED_APPS

assert "credentials_grades_sync.apps.CredentialsGradesSyncConfig" in INSTALLED_APPS
assert "shared.apps.EventSyncConfig" in INSTALLED_APPS

EVENT_SYNC = {
    "DESTINATIONS": {"user-grades": "credentials_grades_sync.hosts.credentials.USER_GRADES"},
    "DESTINATION_OPTIONS": {"user-grades": {"SITES": ["example.com"]}},
}
USERNAME_REPLACEMENT_WORKER = "worker"
