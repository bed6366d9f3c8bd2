"""A worker of a room's shadow: beside the service's own ways, in a group of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from credentials_grades_sync.consumers import USER_GRADES
from credentials_grades_sync.standalone.models import UserGrade
from shared import registry
from shared.consumer import Mode
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.exceptions import ConfigurationError
from shared.kafka.worker import Worker
from shared.models import DeadLetter, OutcomeCount, ShadowFailure
from tests.cluster import Cluster
from tests.grades import ROOM, TOPIC, Grade
from tests.library import shelf
from tests.shadows import records
from tests.shared.kafka.conftest import RunWorker
from tests.shared.test_receivers import listening
from tests.testapp.events import SHELF_CHANGED

SHADOW = {"MODES": {"user-grades": "shadow"}}
GROUP = f"{ROOM}-shadow"


def run_shadow(cluster: Cluster, run_worker: RunWorker) -> None:
    """Run the shadow until it has committed everything."""
    run_worker(lambda: cluster.committed(GROUP) == cluster.ends(), mode=Mode.SHADOW)


def test_shadow_keeps_aside(
    cluster: Cluster, run_worker: RunWorker, event_sync: Callable[..., None]
) -> None:
    """What the events say is kept; no row, no dead letter, nothing committed for the room's group,
    and a host's receiver hears of nothing."""
    heard: list[object] = []

    def listen(**event: object) -> None:
        heard.append(event)

    COURSE_GRADE_CHANGED.connect(listen)
    event_sync(**SHADOW)
    cluster.publish(Grade(percent=70), Grade(learner=2), Grade(second=1, percent=90))
    cluster.produce(b"no event", partition=1)
    cluster.flush()
    run_shadow(cluster, run_worker)
    COURSE_GRADE_CHANGED.disconnect(listen)
    assert [str(record["percent_grade"]) for record in records().values()] == ["0.9000", "0.5000"]
    assert [failure.place for failure in ShadowFailure.objects.all()] == [f"{TOPIC}[1]@0"]
    assert heard == []
    assert not UserGrade.objects.exists()
    assert not DeadLetter.objects.exists()
    assert cluster.committed(ROOM) == {}
    assert {count.room for count in OutcomeCount.objects.all()} == {GROUP}


def test_shadow_goes_on_where_it_stopped(
    cluster: Cluster, run_worker: RunWorker, event_sync: Callable[..., None]
) -> None:
    """Its offsets are committed after the database has what it kept."""
    event_sync(**SHADOW)
    cluster.publish(Grade())
    run_shadow(cluster, run_worker)
    cluster.publish(Grade(second=1, percent=90))
    run_shadow(cluster, run_worker)
    assert sum(c.applied for c in OutcomeCount.objects.all()) == 2
    assert [str(record["percent_grade"]) for record in records().values()] == ["0.9000"]


def test_flood_does_not_stop_the_shadow(
    cluster: Cluster, run_worker: RunWorker, event_sync: Callable[..., None]
) -> None:
    """It is there to tell how many events would be dead letters."""
    event_sync(**SHADOW, FLOOD_RUN=3)
    for _ in range(10):
        cluster.produce(b"no event", partition=0)
    cluster.flush()
    run_shadow(cluster, run_worker)
    assert ShadowFailure.objects.count() == 10


@pytest.mark.parametrize("mode", list(Mode))
def test_damaged_event_of_others(
    mode: Mode, cluster: Cluster, run_worker: RunWorker, event_sync: Callable[..., None]
) -> None:
    """One that only the host's receivers want is none of the shadow's concern, though a live worker
    buries it: they don't get it."""
    event_sync(MODES={"user-grades": mode.value})
    with listening(lambda **event: None, SHELF_CHANGED):
        headers = list(shelf().message.headers)
        cluster.produce(b"no event", partition=0, headers=headers)
        cluster.publish(Grade())
        group = ROOM if mode is Mode.LIVE else GROUP
        run_worker(lambda: cluster.committed(group) == cluster.ends(), mode=mode)
    assert not ShadowFailure.objects.exists()
    assert DeadLetter.objects.count() == (mode is Mode.LIVE)


@pytest.mark.parametrize(
    ("mode", "modes"), [(Mode.SHADOW, {}), (Mode.LIVE, {"user-grades": "shadow"})]
)
def test_worker_without_a_consumer(
    mode: Mode, modes: dict[str, str], cluster: Cluster, event_sync: Callable[..., None]
) -> None:
    """A worker that would have nothing to do doesn't start."""
    event_sync(MODES=modes)
    with pytest.raises(ConfigurationError, match=f"has no {mode} consumer"):
        Worker(registry.get_room(ROOM), mode=mode)


def test_group_may_have_a_name_of_its_own(cluster: Cluster, event_sync: Callable[..., Any]) -> None:
    """The shadow's group is called after the room's."""
    event_sync(**SHADOW, GROUPS={ROOM: "grades"})
    assert Worker(registry.get_room(ROOM), mode=Mode.SHADOW).group == "grades-shadow"


def superseded_receiver(**event: object) -> None:
    """Do the room's work in the host's own way."""
    HEARD.append(event)


HEARD: list[object] = []


@pytest.mark.parametrize(("mode", "is_connected"), [(Mode.LIVE, False), (Mode.SHADOW, True)])
def test_host_receiver_is_superseded_by_a_live_worker(
    mode: Mode,
    is_connected: bool,
    cluster: Cluster,
    run_worker: RunWorker,
    event_sync: Callable[..., None],
) -> None:
    """Before the first event; a shadow leaves it connected, and calls it no more than others."""
    HEARD.clear()
    event_sync(MODES={"user-grades": mode.value})
    consumer = replace(USER_GRADES, supersedes=(f"{__name__}.superseded_receiver",))
    declared = registry.get_room(ROOM).consumers
    COURSE_GRADE_CHANGED.connect(superseded_receiver)
    try:
        registry.register(ROOM, consumer)
        cluster.publish(Grade())
        group = ROOM if mode is Mode.LIVE else GROUP
        run_worker(lambda: cluster.committed(group) == cluster.ends(), mode=mode)
        assert COURSE_GRADE_CHANGED.disconnect(superseded_receiver) == is_connected
    finally:
        COURSE_GRADE_CHANGED.disconnect(superseded_receiver)
        registry.register(ROOM, *declared)
    assert HEARD == []
