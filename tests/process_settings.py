"""Settings of the processes that tests start: two rooms, and ``EVENT_SYNC`` by environment."""

import json
import os

from tests.settings import *  # noqa: F403
from tests.settings import EVENT_SYNC, INSTALLED_APPS

INSTALLED_APPS = [
    "tests.installed.LibraryConfig" if name == "tests.testapp" else name for name in INSTALLED_APPS
]
EVENT_SYNC = EVENT_SYNC | json.loads(os.environ.get("EVENT_SYNC", "{}"))
EVENT_BUS_KAFKA_CONSUMER_POLL_TIMEOUT = 0.1
EVENT_BUS_KAFKA_POLL_INTERVAL_SEC = 0.1
