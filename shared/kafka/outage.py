"""An outage that librdkafka waits out by itself, told of once per back-off step."""

from __future__ import annotations

from time import monotonic

from confluent_kafka import KafkaError

from shared.conf import get_settings
from shared.kafka.errors import ADDRESS_HINT
from shared.logging import Action, Log

log = Log(__name__)

_OUT_OF_REACH = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}


class Outage:
    """Errors of a broker or group that is away; librdkafka reports each of its attempts."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._next_line = 0.0
        self._needs_hint = True

    def tell(self, error: KafkaError) -> None:
        """Log an error, unless one was logged within the present step."""
        if monotonic() < self._next_line:
            return
        settings = get_settings()
        self._pause = min(max(2 * self._pause, settings.backoff_initial), settings.backoff_max)
        self._next_line = monotonic() + self._pause
        what = "group" if error.code() == KafkaError._MAX_POLL_EXCEEDED else "broker"
        log.warning(
            Action.BROKER_WAITING,
            waiting_for=what,
            error=error.name(),
            reason=error.str(),
            **self._hint(error),
        )

    def _hint(self, error: KafkaError) -> dict[str, str]:
        """Return what to look at, once; whoever has reached a broker has its right address."""
        if not self._needs_hint or error.code() not in _OUT_OF_REACH:
            return {}
        self._needs_hint = False
        return {"hint": ADDRESS_HINT}

    def end(self) -> None:
        """Note that the broker is there: the next outage starts with its own first line."""
        self._pause = self._next_line = 0.0
        self._needs_hint = False
