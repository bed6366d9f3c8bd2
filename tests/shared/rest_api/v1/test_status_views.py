"""Programs are told what ``sync_status`` tells, by room, consumer and worker."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from shared.models import DeadLetter, OutcomeCount, WorkerMinute
from shared.states import State
from tests.grades import ROOM
from tests.operators import API, VIEWS, operator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _room():
    """A worker of the grades' room, what it has counted, and what it has buried."""
    tell("host:1")
    place = {"topic": "t", "partition": 0, "offset": 1}
    # The command's times have no microseconds.
    now = timezone.now().replace(microsecond=0)
    DeadLetter.objects.create(room=ROOM, consumer="user-grades", buried_at=now, **place)
    count(applied=3, dead=1)
    count(minutes=90, applied=5)


def tell(worker: str) -> None:
    """Keep a sign of life."""
    now = timezone.now()
    WorkerMinute.objects.create(
        worker=worker,
        room=ROOM,
        minute=now.replace(second=0, microsecond=0),
        group="a group",
        mode="live",
        started_at=now,
        seen_at=now,
        progress_at=now,
        state=State.RUNNING,
        lag={"topic[0]": 1200},
        latencies=[],
    )


def count(*, minutes: int = 0, consumer: str = "user-grades", **counts: int) -> None:
    """Count outcomes so many minutes ago."""
    minute = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes)
    OutcomeCount.add(counts, worker="host:1", room=ROOM, consumer=consumer, minute=minute)


def get(path: str, **query: str) -> Any:
    """Ask."""
    return operator(*VIEWS).get(API + path, query)


def results(path: str, **query: str) -> Any:
    """Return what is found."""
    answer = get(path, **query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_rooms():
    """All, and what is wrong with each."""
    found = {room["room"]: room for room in results("rooms/")}
    assert found[ROOM]["lag"] == 1200
    (problem,) = found[ROOM]["problems"]
    assert problem.startswith("Dead letters of user-grades: 1, the newest of ")
    assert found["discovery_course_run_sync"]["problems"] == ["No worker has run in the last day."]


def test_room_is_as_the_command_says(capsys):
    """The same values by the same names."""
    with pytest.raises(SystemExit):
        call_command("sync_status", ROOM, "--json")
    (told,) = json.loads(capsys.readouterr().out)
    room = get(f"rooms/{ROOM}/").json()
    assert room.keys() == told.keys()
    assert room["workers"][0].keys() == told["workers"][0].keys()
    assert room["consumers"] == told["consumers"]
    assert results("rooms/", room=ROOM) == [room]


def test_shadow(settings):
    """It is a room of its own."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "MODES": {"user-grades": "shadow"}}
    assert get(f"rooms/{ROOM}-shadow/").json()["mode"] == "shadow"
    assert get(f"rooms/{ROOM}/").status_code == 404


def test_consumers():
    """Each with its room."""
    (consumer,) = results("consumers/", room=ROOM)
    assert (consumer["room"], consumer["consumer"]) == (ROOM, "user-grades")
    assert consumer["last_hour"]["applied"] == 3
    assert consumer["last_day"]["applied"] == 8
    assert len(results("consumers/")) > 1


def test_workers():
    """Each with its room and group."""
    (worker,) = results("workers/")
    assert (worker["room"], worker["worker"], worker["state"]) == (ROOM, "host:1", "running")
    assert worker["lag"] == {"topic[0]": 1200}
    assert results("workers/", room="discovery_course_run_sync") == []


def test_outcomes():
    """Sums by room and consumer, of the last hour unless the day is asked for."""
    count(consumer="", ignored=7)
    ignored, grades = results("outcomes/")
    assert (ignored["consumer"], ignored["ignored"]) == ("", 7)
    assert (grades["consumer"], grades["applied"], grades["dead"]) == ("user-grades", 3, 1)
    (day,) = results("outcomes/", window="day", room=ROOM, consumer="user-grades")
    assert day["applied"] == 8
    since = get("outcomes/", window="day").json()["since"]
    assert since < (timezone.now() - timedelta(hours=23)).isoformat()


@pytest.mark.parametrize(
    ("path", "query", "field", "line"),
    [
        ("rooms/", {"room": "x"}, "room", "There is no room 'x'. Known: "),
        ("rooms/", {"room": ""}, "room", "may not be blank"),
        ("rooms/", {"rooms": "x"}, "rooms", "Did you mean 'room'?"),
        ("consumers/", {"room": "' OR '1'='1"}, "room", "There is no room"),
        ("workers/", {"room": "x"}, "room", "There is no room"),
        ("outcomes/", {"room": "x"}, "room", "There is no room 'x'. Known: "),
        ("outcomes/", {"consumer": "x"}, "consumer", "There is no consumer 'x'. Known: "),
        ("outcomes/", {"window": "year"}, "window", "not a valid choice"),
    ],
)
def test_bad_query(path, query, field, line):
    """One line that names the field and what there is."""
    response = get(path, **query)
    assert response.status_code == 400
    ((name, (text,)),) = response.json().items()
    assert name == field
    assert line in text


def test_unknown_room():
    """Not found; what there is, is said."""
    response = get("rooms/grades/")
    assert response.status_code == 404
    assert f"There is no room 'grades'. Known: {ROOM}, " in response.json()["detail"]


@pytest.mark.parametrize("path", ["rooms/", "consumers/", "workers/", f"rooms/{ROOM}/"])
def test_queries(path, django_assert_max_num_queries):
    """As many for many workers and counts as for few: what a room takes, for each room."""
    client, per_room = operator(*VIEWS), 7
    rooms = 1 if ROOM in path else 3
    for number in range(2, 8):
        tell(f"host:{number}")
        count(minutes=number, consumer=f"consumer-{number}", applied=1)
    with django_assert_max_num_queries(5 + rooms * per_room):
        assert client.get(API + path).status_code == 200
