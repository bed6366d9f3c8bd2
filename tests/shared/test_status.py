"""How a room is, and what is said to be wrong with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import registry
from shared.conf import get_settings
from shared.consumer import Mode
from shared.diagnosis import problems
from shared.metrics import LATENCY_BUCKETS
from shared.models import DeadLetter, OutcomeCount, ParkedEvent, WorkerMinute
from shared.pausing import switch_of
from shared.states import State
from shared.status import RoomStatus, percentile, status_of
from tests.grades import ROOM

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)
THIS_MINUTE = NOW.replace(second=0)
NO_LATENCY = [0] * (len(LATENCY_BUCKETS) + 1)


def tell(worker: str = "host:1", *, ago: float = 1, **values: Any) -> WorkerMinute:
    """Keep what a worker said so many seconds ago."""
    seen_at = NOW - timedelta(seconds=ago)
    known: dict[str, Any] = {
        "room": ROOM,
        "minute": seen_at.replace(second=0, microsecond=0),
        "group": "a group",
        "mode": Mode.LIVE,
        "started_at": NOW - timedelta(hours=2),
        "seen_at": seen_at,
        "progress_at": seen_at,
        "state": State.RUNNING,
        "lag": {"topic[0]": 0},
        "latencies": NO_LATENCY,
    }
    return WorkerMinute.objects.create(worker=worker, **(known | values))


def look() -> RoomStatus:
    """Return how the room is."""
    return status_of(registry.get_room(ROOM), Mode.LIVE, now=NOW)


def said() -> list[str]:
    """Return what is wrong."""
    return list(problems(look(), now=NOW))


def keep(model: type[ParkedEvent] | type[DeadLetter], ago: timedelta) -> None:
    """Park or bury an event of the room."""
    when = NOW - ago
    times: dict[str, Any] = (
        {"parked_at": when, "retry_at": NOW, "waiting_for": "another"}
        if model is ParkedEvent
        else {"buried_at": when}
    )
    model._default_manager.create(
        room=ROOM, consumer="user-grades", topic="t", partition=0, offset=1, **times
    )


def test_a_room_that_is_well() -> None:
    """Nothing is said of one whose worker is there and has nothing left to do."""
    tell()
    status = look()
    assert (status.lag, status.is_paused, status.mode) == (0, False, "live")
    assert said() == []


def test_outcomes_are_there_for_programs() -> None:
    """By their names, as numbers."""
    OutcomeCount.add({"applied": 3}, worker="w", room=ROOM, consumer="c", minute=THIS_MINUTE)
    told = look().as_json()["consumers"]
    assert [c["last_hour"]["applied"] for c in told if c["consumer"] == "c"] == [3]


def test_lag_is_that_of_all_workers() -> None:
    """And unknown when one of them doesn't know its own."""
    tell("host:1", lag={"topic[0]": 2, "topic[1]": 3})
    tell("host:2", lag={"topic[2]": 5})
    assert look().lag == 10
    tell("host:3", lag=None, reason="The broker has no topic 'topic'.")
    assert look().lag is None
    assert said() == ["Worker host:3 can't tell its lag: The broker has no topic 'topic'."]
    WorkerMinute.objects.update(reason="")
    assert said() == ["Worker host:3 can't tell its lag."]


def test_lag_of_a_partition_that_changed_hands() -> None:
    """What a worker said before it was killed isn't added to what its successor says."""
    tell("host:2", ago=50, lag={"topic[0]": 900, "topic[1]": 4})
    tell("host:1", ago=1, lag={"topic[0]": 7})
    assert look().lag == 11


def test_lag_by_the_broker() -> None:
    """It is asked for the room's group and topics."""
    room = registry.get_room(ROOM)
    asked = []

    def ask(group: str, topics: Any) -> int:
        asked.append((group, tuple(topics)))
        return 42

    assert status_of(room, Mode.LIVE, now=NOW, ask_lag=ask).lag == 42
    assert asked == [(get_settings().group_of(ROOM), room.topics)]


def test_no_worker() -> None:
    """Whether one has ever been there, has ended, failed, or is silent."""
    assert said() == ["No worker has run in the last day."]
    silent = tell(ago=61)
    assert said() == [
        "No worker gives a sign of life; the last one did so at 2026-01-31 11:59 UTC."
    ]
    WorkerMinute.objects.filter(pk=silent.pk).update(state=State.FAILED, reason="No such table.")
    assert said() == ["No worker runs; the last one failed at 2026-01-31 11:59 UTC: No such table."]
    WorkerMinute.objects.filter(pk=silent.pk).update(state=State.STOPPED, reason="")
    assert said() == ["No worker runs; the last one stopped at 2026-01-31 11:59 UTC."]


def test_workers_of_old_are_not_missed() -> None:
    """Each deployment brings new ones; only the last that went is shown beside those."""
    tell("host:1", ago=5000, state=State.STOPPED)
    tell("host:2", ago=4000)
    tell("host:3")
    assert [(w.worker, w.is_alive) for w in look().workers] == [("host:3", True), ("host:2", False)]
    assert said() == []


def test_worker_that_waits() -> None:
    """With what it waits for."""
    tell(state=State.WAITING, reason="The database failed: gone.")
    assert said() == ["Worker host:1 waits: The database failed: gone."]


def test_worker_that_gets_nowhere() -> None:
    """It runs, has work, and has committed nothing for five minutes."""
    stuck: dict[str, Any] = {"lag": {"topic[0]": 7}, "progress_at": NOW - timedelta(minutes=6)}
    tell(**stuck)
    (problem,) = said()
    assert problem == (
        "Worker host:1 has committed nothing since 2026-01-31 11:54 UTC, and 7 messages wait."
    )


def test_a_room_that_is_paused() -> None:
    """It is said as long as it is so."""
    from waffle.testutils import override_switch

    tell(state=State.PAUSED)
    with override_switch(switch_of(ROOM).name, active=True):
        assert look().is_paused
        assert said() == ["The room is paused by its switch."]
    assert said() == []


def test_outcomes_of_the_last_hour_and_day() -> None:
    """By consumer, those of no consumer as well; older ones are left out."""
    tell()
    for consumer, hours, applied, dead in [
        ("user-grades", 0.5, 3, 1),
        ("user-grades", 5, 10, 0),
        ("user-grades", 30, 100, 0),
        ("", 0.1, 0, 2),
    ]:
        OutcomeCount.objects.create(
            worker="host:1",
            room=ROOM,
            consumer=consumer,
            minute=THIS_MINUTE - timedelta(hours=hours),
            applied=applied,
            dead=dead,
        )
    grades, nobody = look().consumers
    assert (grades.last_hour["applied"], grades.last_day["applied"]) == (3, 13)
    assert (nobody.consumer, nobody.last_hour["dead"]) == ("", 2)


def test_net_counts_for_a_person() -> None:
    """Programs add them up; to a person none of them is below zero."""
    counts = {"applied": 7, "dead": -7}
    OutcomeCount.objects.create(worker="a replay", room=ROOM, minute=THIS_MINUTE, **counts)
    *_, nobody = look().consumers
    assert (nobody.last_hour["dead"], nobody.last_day["dead"]) == (-7, -7)
    assert (nobody.in_last_hour("dead"), nobody.in_last_day("dead")) == (0, 0)
    assert (nobody.in_last_hour("applied"), nobody.in_last_day("applied")) == (7, 7)


def test_dead_letters_wait_for_a_person() -> None:
    """They are told of while they are there, a receiver's too, whatever the outcomes say."""
    tell()
    OutcomeCount.objects.create(
        worker="a replay", room=ROOM, consumer="user-grades", minute=THIS_MINUTE, dead=-7
    )
    assert said() == []
    keep(DeadLetter, timedelta(minutes=59))
    DeadLetter.objects.update(consumer="", receiver="a.receiver")
    keep(DeadLetter, timedelta(days=300))
    assert said() == [
        "Dead letters of user-grades: 1, the newest of 2025-04-06 12:00 UTC.",
        "Dead letters of the room: 1, the newest of 2026-01-31 11:01 UTC.",
    ]


def test_parked_and_dead() -> None:
    """How many and since when; a parent that is late for half its time is worth a look."""
    tell()
    limit = timedelta(seconds=get_settings().park_max_age / 2)
    keep(ParkedEvent, limit - timedelta(minutes=1))
    keep(DeadLetter, timedelta(days=3))
    (grades,) = look().consumers
    assert grades.parked
    assert grades.dead
    assert (grades.parked.count, grades.dead.count) == (1, 1)
    assert grades.dead.oldest == NOW - timedelta(days=3)
    assert len(said()) == 1, "the dead one"
    ParkedEvent.objects.update(parked_at=NOW - limit - timedelta(minutes=1))
    _, problem = said()
    assert problem.startswith("Events of user-grades have waited since 2026-01-27 23:59")


def test_rate_and_latency() -> None:
    """The rate is that of the last five whole minutes, the latency that of the last hour."""
    early = [9 if bound == 0.1 else 0 for bound in LATENCY_BUCKETS] + [1]
    tell(ago=0, messages=1_000_000)
    tell(ago=120, messages=600, latencies=early)
    tell(ago=600, messages=999, latencies=early)
    tell(ago=3700, latencies=[5000, *NO_LATENCY[1:]])
    status = look()
    assert status.messages_per_second == 2.0
    assert status.latency
    assert status.latency["p50"] == pytest.approx(0.05 + 0.05 * 10 / 18)
    assert status.latency["p99"] is None


@pytest.mark.parametrize(
    ("counts", "share", "found"),
    [
        ([4], 0.5, 0.005),
        ([4], 1.0, 0.01),
        ([1, 0, 1], 0.5, 0.01),
        ([1, 0, 1], 0.75, 0.0375),
        ([0, 0, 0, 10], 0.5, 0.075),
    ],
)
def test_percentile(counts: list[int], share: float, found: float) -> None:
    """Within a bucket events are taken for evenly spread."""
    whole = counts + NO_LATENCY[len(counts) :]
    assert percentile(whole, share) == pytest.approx(found)
