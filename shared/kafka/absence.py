"""Topics that the broker doesn't have, or not yet: they are waited for, within a grace."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from confluent_kafka import Consumer, KafkaError, KafkaException

from shared.conf import get_settings
from shared.exceptions import FatalError
from shared.kafka import errors
from shared.logging import Action, Log

log = Log(__name__)

# A worker that is told to stop may be waiting for this answer: see shared.kafka.subscription.
_BROKER_TIMEOUT = 2.0


class Absence:
    """Topics that were reported missing, each with the time (monotonic) since when it is."""

    def __init__(self, on_error: Callable[[KafkaError], None]) -> None:
        self.since: dict[str, float] = {}
        self._on_error = on_error

    def note(self, topic: str) -> None:
        """Note that a topic was reported missing; librdkafka does so once."""
        self.since.setdefault(topic, monotonic())
        log.warning(
            Action.BROKER_WAITING,
            waiting_for=f"topic {topic}",
            topic_grace=get_settings().topic_grace,
            hint=errors.missing_topic(topic).hint,
        )

    def look(self, consumer: Consumer) -> FatalError | None:
        """Look again for topics whose grace is over; return what to end with if one isn't there."""
        grace = get_settings().topic_grace
        for topic, since in list(self.since.items()):
            if monotonic() - since < grace:
                continue
            if (is_missing := self._is_missing(consumer, topic)) is None:
                self.since[topic] = monotonic()
            elif is_missing:
                return errors.missing_topic(topic)
            else:
                del self.since[topic]
        return None

    def _is_missing(self, consumer: Consumer, topic: str) -> bool | None:
        """Return whether the broker lacks a topic, or ``None`` if it doesn't say."""
        try:
            found = consumer.list_topics(topic, timeout=_BROKER_TIMEOUT).topics[topic].error
        except KafkaException as error:
            found = error.args[0]
        if found is None or found.code() in errors.MISSING:
            return found is not None
        self._on_error(found)
        return None
