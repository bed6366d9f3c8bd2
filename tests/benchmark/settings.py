"""Settings of the benchmark's processes: the reference project's, and what contestants need."""

from shared.project.settings import *  # noqa: F403
from shared.project.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmark.stock"]
ROOT_URLCONF = "tests.benchmark.rest.urls"
