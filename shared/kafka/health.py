"""Is the worker alive, and what it needs there? Answers for the probes of a process manager."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from django.db import connections as database_connections

from shared import connections
from shared.exceptions import EventSyncError, TransientError, UndecodableMessage
from shared.kafka.config import consumer_config, schema_registry_client
from shared.kafka.decoding import meaning_of
from shared.kafka.vitals import Vitals
from shared.states import State

_TIMEOUT = 2.0

Problems = Mapping[str, str | None]
"""What was looked at, and what is wrong with it, if anything is."""


def liveness(vitals: Vitals, patience: float) -> Problems:
    """Look whether a worker turns: whether to kill it and start another would help.

    It is stuck if it hasn't polled for ``patience`` seconds, or has committed nothing for so long
    though there is lag and nothing that it says it waits for. What is away doesn't make it stuck.
    """
    now = monotonic()
    polled, progressed = now - vitals.polled, now - vitals.progressed
    has_work = bool(vitals.total_lag) and vitals.state is State.RUNNING
    return {
        "poll": f"none for {polled:.0f} s" if polled > patience else None,
        "progress": f"none for {progressed:.0f} s, and {vitals.total_lag} messages wait"
        if has_work and progressed > patience
        else None,
    }


def readiness(group: str) -> Problems:
    """Ask database, broker and registry whether they are there."""
    return {
        "database": _problem(_ask_database),
        "broker": _problem(lambda: _ask_broker(group)),
        "registry": _problem(_ask_registry),
    }


def _problem(ask: Callable[[], None]) -> str | None:
    try:
        ask()
    except EventSyncError as error:
        return str(error)
    return None


def _ask_database() -> None:
    try:
        connections.require()
    finally:
        database_connections.close_all()  # of this thread, which ends with the request


def _ask_broker(group: str) -> None:
    try:
        AdminClient({**consumer_config(group), "log_level": 0}).list_topics(timeout=_TIMEOUT)
    except KafkaException as error:
        raise TransientError(f"The broker doesn't answer: {error.args[0].name()}.") from error


def _ask_registry() -> None:
    with schema_registry_client() as registry:
        try:
            registry.get_schema(1)
        except Exception as error:
            meaning = meaning_of(error, 1)
            # It is there; that it has no such schema is no matter.
            if not isinstance(meaning, UndecodableMessage):
                raise meaning from error
