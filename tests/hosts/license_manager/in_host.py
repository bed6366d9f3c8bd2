"""Settings of License Manager with the room installed; ``DATABASE_URL`` names another database."""

import environ
from license_manager.settings.test import *  # type: ignore[import-not-found]  # noqa: F403
from license_manager.settings.test import DATABASES, INSTALLED_APPS

from tests.hosts.license_manager.destinations import DESTINATIONS

INSTALLED_APPS = (*INSTALLED_APPS, "openedx_events", "shared", "enterprise_license_sync")
EVENT_SYNC = {"DESTINATIONS": DESTINATIONS}
if "DATABASE_URL" in environ.Env.ENVIRON:
    DATABASES = {"default": environ.Env().db("DATABASE_URL")}
