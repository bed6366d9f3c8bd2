"""One room's worker, inside the test process, on the embedded broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from time import sleep
from typing import Any

import pytest
from django.db import OperationalError, connections
from openedx_events.content_authoring.signals import COURSE_CERTIFICATE_CONFIG_CHANGED
from openedx_events.tooling import OpenEdxPublicSignal

from credentials_grades_sync.standalone.models import UserGrade
from shared import receivers, registry
from shared.consumer import Room
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import ConfigurationError, DeadLetterFlood, EventNotCollected
from shared.kafka.worker import Worker
from shared.models import DeadLetter, ParkedEvent
from shared.testing import registered
from tests.cluster import CONSUMER_CONFIG, Cluster
from tests.grades import ROOM, TOPIC, Grade
from tests.library import book, shelf
from tests.protocol import produce_with_header_name
from tests.shared.kafka.conftest import RunWorker
from tests.testapp.models import Book
from tests.testapp.room import BOOKS, SHELVES

Connect = Callable[..., None]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connect receivers of the host for the length of a test."""
    with ExitStack() as connected:

        def connect(
            receiver: Callable[..., Any], signal: OpenEdxPublicSignal = COURSE_GRADE_CHANGED
        ) -> None:
            signal.connect(receiver, weak=False)
            connected.callback(signal.disconnect, receiver)

        yield connect


def test_slow_receivers_cost_no_place_in_the_group(
    cluster: Cluster,
    run_worker: RunWorker,
    event_sync: Callable[..., None],
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Emission gives back what takes too long; every event is emitted once, in its order."""
    heard: list[int] = []

    def listen(grade: Any, **_: Any) -> None:
        heard.append(grade.user_id)
        sleep(0.15)

    connect(listen)
    learners = list(range(1, 16))
    cluster.publish(*[Grade(learner=learner) for learner in learners])
    event_sync(KAFKA_CONSUMER_CONFIG=CONSUMER_CONFIG | {"max.poll.interval.ms": 1500})
    run_worker(lambda: cluster.committed() == {0: len(learners)})
    assert heard == learners
    assert set(UserGrade.objects.values_list("lms_user_id", flat=True)) == set(learners)
    assert "partitions.lost" not in caplog.text


def test_receiver_that_fails_transiently_is_called_again_alone(
    cluster: Cluster,
    run_worker: RunWorker,
    event_sync: Callable[..., None],
    connect: Connect,
) -> None:
    """It has its attempts; one that fails on the event, and one that doesn't fail, have one."""
    calls: list[str] = []

    def unreachable(**_: Any) -> None:
        calls.append("unreachable")
        raise OperationalError

    def broken(**_: Any) -> None:
        calls.append("broken")
        raise ValueError

    def fine(**_: Any) -> None:
        calls.append("fine")

    for receiver in (unreachable, broken, fine):
        connect(receiver)
    event_sync(RECEIVER_ATTEMPTS=3)
    cluster.publish(Grade())
    run_worker(cluster.committed)
    assert sorted(calls) == ["broken", "fine", *["unreachable"] * 3]
    buried = DeadLetter.objects.values_list("receiver", flat=True)
    assert sorted(path.rpartition(".")[2] for path in buried) == ["broken", "unreachable"]
    assert UserGrade.objects.count() == 1


def test_receiver_that_recovers_leaves_no_dead_letter(
    cluster: Cluster, run_worker: RunWorker, connect: Connect
) -> None:
    """A receiver that succeeds when called again has got its event."""
    errors = [OperationalError(), None]

    def listen(**_: Any) -> None:
        if error := errors.pop(0):
            raise error

    connect(listen)
    cluster.publish(Grade())
    run_worker(cluster.committed)
    assert errors == []
    assert not DeadLetter.objects.exists()


def test_receiver_whose_connection_broke_is_called_again_on_a_new_one(
    cluster: Cluster,
    run_worker: RunWorker,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One broken connection costs neither this receiver nor the next its event.

    The test database lives in its connection and can't lose it: that Django is asked whether the
    connection is usable stands for that it opens a new one.
    """
    happened: list[str] = []

    def listen(**_: Any) -> None:
        happened.append("called")
        if happened.count("called") != 2:
            raise OperationalError

    def is_usable(_: Any) -> bool:
        happened.append("asked")
        return True

    monkeypatch.setattr(type(connections["default"]), "is_usable", is_usable)
    connect(listen)
    cluster.publish(Grade(learner=1), Grade(learner=2))
    run_worker(lambda: cluster.committed() == {0: 2})
    calls = [index for index, what in enumerate(happened) if what == "called"]
    assert len(calls) > 2
    assert all(happened[index - 1] == "asked" for index in calls[:3])


def test_stop_is_heard_while_events_are_emitted(
    cluster: Cluster, run_worker: RunWorker, connect: Connect
) -> None:
    """The events that were emitted are settled, the others are left to the next worker."""
    heard: list[int] = []

    def listen(grade: Any, **_: Any) -> None:
        heard.append(grade.user_id)
        sleep(0.05)

    connect(listen)
    cluster.publish(*[Grade(learner=learner) for learner in range(1, 101)])
    run_worker(lambda: heard)
    assert 0 < len(heard) < 100
    assert cluster.committed() == {0: len(heard)}
    assert UserGrade.objects.count() == len(heard)


def test_events_whose_keys_would_part_them(
    cluster: Cluster, event_sync: Callable[..., None]
) -> None:
    """A worker does not start where one row's events could be in two partitions."""
    differing = replace(BOOKS, routes=(replace(BOOKS.routes[0], key_field="book.isbn"),))
    with (
        registered("tests.testapp", SHELVES, differing) as room,
        pytest.raises(ConfigurationError, match="have keys of different schemas"),
    ):
        Worker(room)


def test_flood_of_dead_letters(
    cluster: Cluster, run_worker: RunWorker, event_sync: Callable[..., None]
) -> None:
    """It stops the worker with a hint, and nothing of its batch is committed."""
    event_sync(FLOOD_RUN=50)
    # In the same partition: from another it could come in between, and break the run.
    cluster.publish(Grade(partition=1))
    for _ in range(60):
        cluster.produce(b"garbage", partition=1)
    cluster.flush()
    with pytest.raises(DeadLetterFlood, match=r"50 events in a row .*Hint: .*dead letters"):
        run_worker(lambda: False)
    committed = cluster.committed().get(1, 0)
    assert DeadLetter.objects.count() == max(0, committed - 1) < 50


def test_whatever_a_producer_may_put_into_a_message(
    cluster: Cluster, run_worker: RunWorker
) -> None:
    """A header name that is no text and a timestamp beyond any calendar stop nobody."""
    for learner in range(1, 4):
        for time in (10**17, -(10**17)):
            cluster.produce_event(Grade(learner=learner).event(), timestamp=time)
        cluster.flush()
        produce_with_header_name(cluster.broker, TOPIC, b"\xff")
    run_worker(lambda: cluster.committed() == {0: 9})
    errors = DeadLetter.objects.order_by("offset").values_list("offset", "error")
    assert list(errors) == [
        (offset, "header ce_type: found 0 times, needed once") for offset in (2, 5, 8)
    ]
    assert {grade.lms_user_id for grade in UserGrade.objects.all()} == {1, 2, 3}


def test_event_that_only_the_host_hears_and_nobody_can_decode(
    cluster: Cluster, run_worker: RunWorker, connect: Connect
) -> None:
    """A type whose data has no Avro schema is buried; it does not stop the worker."""
    connect(lambda **_: None, COURSE_CERTIFICATE_CONFIG_CHANGED)
    headers = dict(Grade().event().message.headers)
    headers["ce_type"] = COURSE_CERTIFICATE_CONFIG_CHANGED.event_type.encode()
    cluster.produce_event(Grade().event(), headers=list(headers.items()))
    cluster.flush()
    run_worker(cluster.committed)
    assert DeadLetter.objects.get().error.startswith("header ce_type")


def test_parked_event_is_retried_when_its_parent_comes(
    cluster: Cluster,
    run_worker: RunWorker,
    library: Room,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At once, and not when the clock next has the worker look for what is due."""
    monkeypatch.setattr("shared.kafka.worker._PARKED_INTERVAL", 3600.0)
    (topic,) = library.topics
    cluster.broker.create_topic(topic)
    cluster.produce_event(book(), topic=topic)
    run_worker(lambda: cluster.committed(library.name, topic), library.name)
    assert (ParkedEvent.objects.count(), Book.objects.count()) == (1, 0)
    cluster.produce_event(shelf(), topic=topic)
    run_worker(Book.objects.exists, library.name)
    assert (ParkedEvent.objects.count(), Book.objects.count()) == (0, 1)


def test_parked_events_that_fill_more_than_a_batch_are_retried_at_once(
    cluster: Cluster,
    run_worker: RunWorker,
    event_sync: Callable[..., None],
    library: Room,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Batch after batch, and not one for each look that the clock allows."""
    monkeypatch.setattr("shared.kafka.worker._PARKED_INTERVAL", 3600.0)
    event_sync(BATCH_SIZE=1)
    (topic,) = library.topics
    cluster.broker.create_topic(topic)
    for event in (book("1"), book("2"), book("3"), shelf()):
        cluster.produce_event(event, topic=topic)
    run_worker(lambda: Book.objects.count() == 3, library.name)
    assert (ParkedEvent.objects.count(), Book.objects.count()) == (0, 3)


def test_room_whose_receiver_was_disconnected(cluster: Cluster, run_worker: RunWorker) -> None:
    """Events that reach the host and not the room stop the worker before they are committed."""
    room = registry.get_room(ROOM)
    receivers.disconnect(room)
    try:
        cluster.publish(Grade())
        with pytest.raises(EventNotCollected, match=r"Hint: .*disconnected"):
            run_worker(lambda: False)
    finally:
        receivers.connect(room)
    assert cluster.committed() == {}


def test_carrier_of_the_stock_consumers(cluster: Cluster, event_sync: Callable[..., None]) -> None:
    """A worker does not start where the rooms settle each event by themselves."""
    event_sync(CARRIER="signal")
    with pytest.raises(ConfigurationError, match=r"CARRIER.*Hint: Set it to 'worker'"):
        Worker(registry.get_room(ROOM))
