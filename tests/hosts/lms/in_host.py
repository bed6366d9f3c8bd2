"""Settings of edx-enterprise with the room installed; of the LMS itself there are stand-ins."""

from enterprise.settings.test import *  # type: ignore[import-not-found]  # noqa: F403
from enterprise.settings.test import INSTALLED_APPS

from tests.hosts.lms.destinations import DESTINATIONS

INSTALLED_APPS = (
    *INSTALLED_APPS,
    "openedx_events",
    "shared",
    "enterprise_license_sync",
    "enterprise_license_sync.standalone",
    "tests.enterprise_license_sync.producers.stand_ins.apps.StudentConfig",
)
EVENT_SYNC = {"DESTINATIONS": DESTINATIONS}
