"""A worker that is watched: with a monitor, and with a port of its own if it is given one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from shared.exceptions import FatalError
from shared.kafka.endpoint import served
from shared.kafka.health import liveness, readiness
from shared.kafka.monitor import Monitor
from shared.kafka.worker import Worker
from shared.logging import Action, Log
from shared.reactions import describe
from shared.states import State

log = Log(__name__)


@contextmanager
def watched(worker: Worker, port: int | None = None) -> Iterator[None]:
    """Watch a worker that runs in the block; 0 is any free port. Raises ``ConfigurationError``."""
    vitals = worker.vitals
    probes = {
        "/livez": lambda: liveness(vitals, worker.longest_turn),
        "/readyz": lambda: readiness(worker.group),
    }
    with ExitStack() as stack:
        if port is not None:
            bound = stack.enter_context(served(port, probes))
            log.info(Action.ENDPOINT_SERVED, room=vitals.room, port=bound)
        monitor = Monitor(vitals, worker.topics)
        monitor.start()
        stack.callback(monitor.stop)
        try:
            yield
        except BaseException as error:
            reason = str(error) if isinstance(error, FatalError) else describe(error)
            vitals.tell_ended(State.FAILED, reason)
            raise
        vitals.tell_ended(State.STOPPED)
