"""The stock command ``consume_events``: with our worker, and with the stock consumer."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import pytest
from django.core.management import call_command

from shared.consumer import Room
from shared.kafka.worker import Worker
from shared.testing import registered
from tests.cluster import Cluster
from tests.grades import TOPIC, Grade, delayed, stream, table_of
from tests.processes import Process, wait_until
from tests.testapp.room import BOOKS, ROOM, SHELVES

STOCK = {
    "EVENT_BUS_CONSUMER": "edx_event_bus_kafka.KafkaEventConsumer",
    "EVENT_SYNC": {"CARRIER": "signal"},
}


def start(cluster: Cluster, *arguments: str, **environment: object) -> Process:
    """Start the stock command for the room's topic."""
    return cluster.start("consume_events", "-t", TOPIC, "-g", "stock", *arguments, **environment)


def test_with_our_worker(cluster: Cluster) -> None:
    """It does what ``run_consumers`` does, in the group that it is given."""
    random = Random(0)
    grades = delayed(random, stream(random, 300))
    cluster.publish(*grades)
    command = start(cluster)
    cluster.wait_until_settled("stock")
    assert command.stop() == 0
    assert cluster.table() == table_of(grades)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"room": "accounts"}, "There is no room named 'accounts'. Hint: Known rooms:"),
        ({"room": "tests.testapp"}, f"consumes topic '{TOPIC}'; one room was expected. Hint:"),
    ],
)
def test_our_worker_fails(library: Room, extra: dict[str, str], said: str) -> None:
    """The command, which swallows exceptions, ends with status 1 and says why."""
    with pytest.raises(SystemExit) as raised:
        call_command("consume_events", topic=[TOPIC], group_id=["stock"], extra=json.dumps(extra))
    assert str(raised.value.code).startswith("Fatal: ")
    assert said in str(raised.value.code)


def test_topic_of_a_shadow_alone(settings: Any) -> None:
    """Its group would pass over what the consumer, once it is live, is to have."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"MODES": {"books": "shadow"}}
    with registered(ROOM, SHELVES, replace(BOOKS, topic="tests-books")):
        said = f"^Fatal: Room '{ROOM}' has no live consumer of topic 'tests-books'"
        with pytest.raises(SystemExit, match=said):
            call_command("consume_events", topic=["tests-books"], group_id=["stock"], extra="{}")


def test_our_worker_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw ends the command with status 1, too."""
    monkeypatch.setattr(Worker, "__init__", lambda *_, **__: 1 / 0)
    with pytest.raises(SystemExit, match="1"):
        call_command("consume_events", topic=[TOPIC], group_id=["stock"])


def test_with_the_stock_consumer(cluster: Cluster) -> None:
    """With the "signal" carrier the room settles each event by itself, under the guard."""
    start(cluster, **STOCK)
    seconds = count()

    # A new group of the stock consumer starts at the end: what comes before it has joined is lost.
    def has_joined() -> bool:
        cluster.publish(Grade(second=next(seconds)))
        return bool(cluster.table())

    wait_until(has_joined, "the group")
    newest = Grade(second=10_000, percent=90)
    cluster.publish(newest, Grade(second=9_999, percent=10), Grade(learner=2))
    wait_until(lambda: len(cluster.table()) == 2, "the last event")
    assert cluster.table() == table_of([newest, Grade(learner=2)])
    assert cluster.outcomes()["stale"] == 1
