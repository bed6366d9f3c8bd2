"""Settings by which mypy knows all models: those of the tests, and that of the docs' example."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "reporting_enrollments_sync"]
