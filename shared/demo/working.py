"""A worker of the demo: a room's own, but on the demo's bus, and with a log for a program.

Nothing of that is left to the environment: a service's settings needn't look there.
"""

from __future__ import annotations

import json
import logging

from django.core.management import call_command

from shared.conf import settings_with
from shared.demo.bus import overridden
from shared.embedded.bus import Bus
from shared.logging import LIBRDKAFKA, JsonFormatter
from shared.setting_values import Carrier
from shared.supervisor import child_command

# The embedded broker takes about the session timeout for a join, and lets a fetch that finds
# nothing wait its full time whatever comes meanwhile: a real one answers at once.
_CONSUMER_CONFIG = {
    "session.timeout.ms": 1500,
    "heartbeat.interval.ms": 300,
    "fetch.wait.max.ms": 20,
}


def worker_command(room_name: str, bus: Bus) -> list[str]:
    """Return the command of a process that calls ``work``."""
    where = json.dumps(bus.upstream_settings)
    return child_command("demo", "--skip-checks", f"--worker={room_name}", f"--bus={where}")


def work(room_name: str, where: str, parent: int) -> None:
    """Run a room's worker on the bus whose settings these are, in JSON, until told to stop.

    Raises ``CommandError`` as ``run_consumers`` does.
    """
    _log_for_a_program()
    ours = settings_with(carrier=Carrier.WORKER.value, kafka_consumer_config=_CONSUMER_CONFIG)
    with overridden({**json.loads(where), **ours}):
        call_command("run_consumers", room_name, parent=parent)


def _log_for_a_program() -> None:
    """Let our own lines through whole, and once, whatever the service does with its log."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    known = logging.root.manager.loggerDict
    for name in [name for name in known if name.startswith("shared.")]:
        part = logging.getLogger(name)
        part.handlers, part.propagate, part.disabled = [], True, False
        part.setLevel(logging.NOTSET)
    ours = logging.getLogger("shared")
    ours.handlers, ours.propagate, ours.disabled = [handler], False, False
    ours.setLevel(logging.INFO)
    logging.getLogger(LIBRDKAFKA).setLevel(logging.CRITICAL)
