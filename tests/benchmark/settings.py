"""Settings of the benchmark's processes: the reference project's, and what contestants need."""

import os

from shared.project.settings import *  # noqa: F403
from shared.project.settings import EVENT_SYNC, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmark.stock"]
# A race has a group of its own: who was killed in the one before is a member for a while yet.
if group := os.environ.get("BENCHMARK_GROUP"):
    EVENT_SYNC["GROUPS"] = {"credentials_grades_sync": group}
ROOT_URLCONF = "tests.benchmark.rest.urls"
