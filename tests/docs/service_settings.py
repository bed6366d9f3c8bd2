"""Settings of the service in which the pages' commands run; ``EVENT_SYNC`` by environment."""

import json
import os

from shared.project.settings import *  # noqa: F403
from shared.project.settings import EVENT_SYNC

EVENT_SYNC = EVENT_SYNC | json.loads(os.environ.get("EVENT_SYNC", "{}"))
EVENT_BUS_KAFKA_CONSUMER_POLL_TIMEOUT = 0.1
