"""An outage is told of once per back-off step."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaError

from shared.kafka import outage

AWAY = KafkaError(KafkaError._ALL_BROKERS_DOWN)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    now = [100.0]
    monkeypatch.setattr(outage, "monotonic", lambda: now[0])
    return now


def lines_at(clock: list[float], told: outage.Outage, caplog: Any, *times: float) -> list[float]:
    """Return at which of these times an error was logged."""
    logged = []
    for time in times:
        clock[0] = time
        caplog.clear()
        told.tell(AWAY)
        logged += [time] * len(caplog.records)
    return logged


def test_steps_double(clock: list[float], settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The first error is logged at once, the others as the steps say, up to the longest."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"BACKOFF_INITIAL": 1.0, "BACKOFF_MAX": 4.0}
    told = outage.Outage()
    times = [100 + second / 2 for second in range(40)]
    assert lines_at(clock, told, caplog, *times) == [100, 101, 103, 107, 111, 115, 119]


def test_next_outage_starts_anew(
    clock: list[float], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """What comes after the broker was there is logged at once."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"BACKOFF_INITIAL": 1.0}
    told = outage.Outage()
    told.tell(AWAY)
    told.end()
    assert lines_at(clock, told, caplog, 100.1, 100.2) == [100.1]


HINT = "hint=Is EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS right"


def test_hint_is_given_once(
    clock: list[float], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """At the first line that is about the way to the broker, and not with each one after it."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"BACKOFF_INITIAL": 1.0}
    told = outage.Outage()
    for time, error in enumerate([KafkaError(KafkaError._TIMED_OUT), AWAY, AWAY]):
        clock[0] = 100 + 10.0 * time
        told.tell(error)
    assert [HINT in line for line in caplog.text.splitlines()] == [False, True, False]


def test_broker_that_was_there_needs_no_hint(caplog: pytest.LogCaptureFixture) -> None:
    """Its address is the right one."""
    told = outage.Outage()
    told.end()
    told.tell(AWAY)
    assert "broker.waiting" in caplog.text
    assert HINT not in caplog.text


def test_group_is_told_from_broker(caplog: pytest.LogCaptureFixture) -> None:
    """A worker that polled too late waits for its group."""
    outage.Outage().tell(KafkaError(KafkaError._MAX_POLL_EXCEEDED))
    assert "waiting_for=group error=_MAX_POLL_EXCEEDED" in caplog.text


def test_line_says_what_librdkafka_makes_of_it(caplog: pytest.LogCaptureFixture) -> None:
    """The code alone doesn't tell a broker that is away from one that speaks TLS."""
    reason = "SSL handshake failed: connecting to a PLAINTEXT broker listener?"
    outage.Outage().tell(KafkaError(KafkaError._TRANSPORT, reason))
    assert f"error=_TRANSPORT reason={reason}" in caplog.text
