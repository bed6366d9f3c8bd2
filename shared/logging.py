"""One way to log: an action from a fixed vocabulary, then ids and positions, never a payload."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

LIBRDKAFKA = "shared.kafka.librdkafka"
"""Logger of what Kafka's client says by itself."""
_TALKATIVE = 2


class Action(StrEnum):
    """Every action that this project logs; ``extra["action"]`` of each line."""

    WORKER_STARTED = "worker.started"
    WORKER_STOPPED = "worker.stopped"
    STOPPING = "stopping"
    WORKER_PAUSED = "worker.paused"
    WORKER_RESUMED = "worker.resumed"
    WORKER_LAUNCHED = "worker.launched"
    WORKER_ENDED = "worker.ended"
    WORKER_KILLED = "worker.killed"
    PARTITIONS_ASSIGNED = "partitions.assigned"
    PARTITIONS_REVOKED = "partitions.revoked"
    PARTITIONS_LOST = "partitions.lost"
    BROKER_WAITING = "broker.waiting"
    CLIENT_RENEWED = "client.renewed"
    RECEIVER_SUPERSEDED = "receiver.superseded"
    RECEIVER_MISSING = "receiver.missing"
    CONSUMER_LATE = "consumer.late"
    BATCH_COMMITTED = "batch.committed"
    BATCH_WAITING = "batch.waiting"
    BATCH_RESUMED = "batch.resumed"
    OFFSETS_NOT_COMMITTED = "offsets.not_committed"
    GROUP_NOT_LEFT = "group.not_left"
    EVENT_BURIED = "event.buried"
    EVENT_PARKED = "event.parked"
    PARKED_RETRIED = "parked.retried"
    EVENT_REPAIRED = "event.repaired"
    PAYLOAD_SHOWN = "payload.shown"
    VALUE_CORRECTED = "value.corrected"
    STEP_UNLIKELY = "step.unlikely"
    FOLLOW_UP_FAILED = "follow_up.failed"
    ENDPOINT_SERVED = "endpoint.served"
    VITALS_NOT_KEPT = "vitals.not_kept"
    REQUEST_NOT_ANSWERED = "request.not_answered"
    EVENT_NOT_PUBLISHED = "event.not_published"


class Log:
    """A module's logger that knows only actions."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, action: Action, **fields: Any) -> None:
        """Log what happened as planned."""
        self._log(logging.INFO, action, fields)

    def warning(self, action: Action, **fields: Any) -> None:
        """Log what a person may want to look at."""
        self._log(logging.WARNING, action, fields)

    def _log(self, level: int, action: Action, fields: dict[str, Any]) -> None:
        if not self._logger.isEnabledFor(level):
            return
        text = " ".join(f"{name}={value}" for name, value in fields.items())
        extra = {"action": action.value, "fields": fields}
        self._logger.log(level, "%s %s", action.value, text, extra=extra)


def show_unless_shown(names: Iterable[str], verbosity: int) -> None:
    """Let the lines of these loggers reach stderr, but for those that a service handles itself.

    ``verbosity`` is Django's: 0 is for warnings alone, 2 for what librdkafka says as well.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("{asctime} {levelname} {message}", style="{"))
    known = logging.root.manager.loggerDict.items()
    others = {name for name, logger in known if getattr(logger, "handlers", None)}
    if verbosity < _TALKATIVE:
        # What it says of lost connections, broker.waiting says once more.
        others.add(LIBRDKAFKA)
    handler.addFilter(lambda record: not _is_within(record.name, others))
    for logger in map(logging.getLogger, names):
        if not logger.hasHandlers():
            logger.addHandler(handler)
            if not logger.level:
                logger.setLevel(logging.INFO if verbosity else logging.WARNING)


def _is_within(name: str, loggers: Iterable[str]) -> bool:
    return any(f"{name}.".startswith(f"{each}.") for each in loggers)


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object per line, for programs that read the log."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "action": getattr(record, "action", None),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
