"""Settings of a service that has the worked example, and no room of this project."""

from shared.project.settings import *  # noqa: F403
from shared.project.settings import INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.partition(".")[0].endswith("_sync")]

INSTALLED_APPS += ["reporting_enrollments_sync"]
EVENT_SYNC = {
    "DESTINATIONS": {
        "reporting-enrollments": "reporting_enrollments_sync.consumers.write_enrollments",
    },
}
