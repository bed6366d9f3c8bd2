"""Settings of the tests: the reference project's, with applications of the tests beside it."""

from shared.project.settings import *  # noqa: F403
from shared.project.settings import EVENT_SYNC, INSTALLED_APPS

# Here and not in tests.testapp.room, which imports models.
DESTINATIONS = {
    "shelves": "tests.testapp.room.write_shelves",
    "books": "tests.testapp.room.write_books",
}

STAND_INS = "tests.enterprise_license_sync.producers.stand_ins.apps"

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "credentials_grades_sync.producers",
    "discovery_course_run_sync.producers",
    "enterprise_license_sync.producers",
    f"{STAND_INS}.SubscriptionsConfig",
    f"{STAND_INS}.EnterpriseConfig",
    f"{STAND_INS}.StudentConfig",
    "django.contrib.sites",
    "tests.hosts.core",
    "tests.hosts.credentials.stand_ins.apps.CatalogConfig",
    "tests.hosts.credentials.stand_ins.apps.RecordsConfig",
    "tests.hosts.discovery.course_metadata.apps.CourseMetadataConfig",
    "tests.testapp",
]
SECRET_KEY = "tests"
# Django 6.1 warns of mail that is sent without it; 5.2 does not know it.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
# As hosts have it whose own keys are of 32 bits.
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EVENT_SYNC = {
    **EVENT_SYNC,
    "DESTINATIONS": {**EVENT_SYNC["DESTINATIONS"], **DESTINATIONS},
    "BACKOFF_INITIAL": 0.05,
    "BACKOFF_MAX": 0.2,
}
