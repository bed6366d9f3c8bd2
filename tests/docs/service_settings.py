"""Settings of the service in which the pages' commands run; ``EVENT_SYNC`` by environment."""

import json
import os

from shared.project.settings import *  # noqa: F403
from shared.project.settings import EVENT_SYNC, INSTALLED_APPS

# As README has it: upstream's application, which brings publishers a command, isn't asked for.
INSTALLED_APPS = [name for name in INSTALLED_APPS if name != "edx_event_bus_kafka"]
EVENT_SYNC = EVENT_SYNC | json.loads(os.environ.get("EVENT_SYNC", "{}"))
EVENT_BUS_KAFKA_CONSUMER_POLL_TIMEOUT = 0.1
