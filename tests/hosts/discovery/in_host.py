"""Settings for these tests in a checkout of Course Discovery: its own test settings and ours."""

from course_discovery.settings.test import *  # type: ignore[import-not-found]  # noqa: F403
from course_discovery.settings.test import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "shared", "discovery_course_run_sync"]
EVENT_SYNC = {
    "DESTINATIONS": {"course-runs": "discovery_course_run_sync.hosts.discovery.COURSE_RUNS"},
    "DESTINATION_OPTIONS": {"course-runs": {"PARTNER": "edx"}},
}

# There is no Elasticsearch server.
ELASTICSEARCH_DSL_AUTOSYNC = False
ELASTICSEARCH_DSL_AUTO_REFRESH = False
