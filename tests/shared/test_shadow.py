"""A consumer in shadow keeps what the events say, as its row would, and touches nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError

from credentials_grades_sync.standalone.models import UserGrade
from discovery_course_run_sync.standalone.models import CourseRun
from shared import registry
from shared.batches import Ignored, Undecodable
from shared.exceptions import FatalError, TransientError
from shared.management.commands import forget_shadow
from shared.models import (
    DeadLetter,
    OutcomeCount,
    ParkedEvent,
    ShadowFailure,
    ShadowRecord,
)
from shared.outcomes import Outcome
from tests.discovery_course_run_sync.events import created, published
from tests.grades import ROOM, Grade
from tests.library import NOW, book, outcomes, settled, shelf
from tests.orders import each_way
from tests.shadows import kept, records
from tests.testapp import room as testapp
from tests.testapp.models import Book, Shelf

pytestmark = pytest.mark.django_db
APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE


def test_record_is_kept_and_no_row_written(library):
    """What the row would say is kept; the host's tables, parked events and dead letters aren't."""
    result = kept(library, shelf("A", "novels"), book("1", "Emma"), book("2", code="nowhere"))
    assert outcomes(result) == [APPLIED] * 3
    assert records() == {
        "shelves|a": {"code": "A", "label": "novels"},
        "books|1": {"isbn": "1", "title": "Emma", "price": 1, "shelf_id": "A"},
        "books|2": {"isbn": "2", "title": "Emma", "price": 1, "shelf_id": "nowhere"},
    }
    assert not any(table.objects.exists() for table in (Shelf, Book, ParkedEvent, DeadLetter))


def test_newest_event_counts(library):
    """Whatever the order of arrival, with every way to cut it into batches."""
    events = [
        shelf("A", "first", time=NOW - timedelta(seconds=2)),
        shelf("A", "second", time=NOW - timedelta(seconds=1)),
        shelf("a", "third", time=NOW),
    ]
    for batches in each_way(*events):
        ShadowRecord.objects.all().delete()
        for batch in batches:
            kept(library, *batch)
        assert records() == {"shelves|a": {"code": "a", "label": "third"}}


@pytest.mark.parametrize("seconds", [(0, 1, 2), (2, 1, 0), (1, 1, 1)])
def test_shadow_says_what_the_row_would_say(seconds):
    """Fields that only some events know included: the newest event that knew them counts."""
    first, second, third = seconds
    events = [
        Grade(second=first, percent=80).event(),
        Grade(second=second, percent=40, is_summary=True).event(),
        Grade(second=third, percent=60, is_summary=third == 0).event(),
    ]
    room = registry.get_room(ROOM)
    for batches in each_way(*events):
        for table in (UserGrade, ShadowRecord):
            table.objects.all().delete()
        for batch in batches:
            assert outcomes(kept(room, *batch)) == outcomes(settled(room, *batch))
        row, (said,) = UserGrade.objects.get(), records().values()
        blank = said["username"] is None
        assert {**said, **({"username": "", "verified": True} if blank else {})} == {
            name: getattr(row, name) for name in said
        }


def test_event_that_only_creates(library):
    """It is kept where nothing is known yet, and never instead of what is."""
    room = registry.get_room("discovery_course_run_sync")
    for batches in each_way(created(2), published(1)):
        for table in (CourseRun, ShadowRecord):
            table.objects.all().delete()
        for batch in batches:
            assert outcomes(kept(room, *batch)) == outcomes(settled(room, *batch))
        (said,) = records().values()
        assert said["title"] == CourseRun.objects.get().title != ""


def test_redelivery_changes_nothing(library):
    """Not even when it was last seen."""
    events = [shelf("A", "first"), shelf("A", "second"), book(), book("2", price=-1)]
    kept(library, *events)
    before = list(ShadowRecord.objects.values())
    result = kept(library, *events, now=NOW + timedelta(hours=1))
    assert outcomes(result) == [STALE, UNCHANGED, UNCHANGED, UNCHANGED]
    assert list(ShadowRecord.objects.values()) == before


def test_position_advances_with_an_equal_event(library):
    """Else a late event between two equal ones would win."""
    first, between, again = (
        shelf("A", label, time=NOW + timedelta(seconds=second))
        for second, label in enumerate(("novels", "poems", "novels"))
    )
    assert outcomes(kept(library, first, again, between)) == [APPLIED, UNCHANGED, STALE]


def test_unwanted_event_leaves_no_record(library):
    """What the filter refuses is no part of the comparison."""
    assert outcomes(kept(library, book(title="unwanted"))) == [Outcome.FILTERED]
    assert records() == {}


def test_event_that_becomes_no_record_is_kept_by_its_place(library):
    """Its place and what is wrong, once; its values and its bytes aren't."""
    ahead = book(time=NOW + timedelta(days=1))
    broken = Undecodable(shelf().message, "header ce_type: is missing")
    for _ in range(2):
        result = kept(library, ahead, broken, shelf("B"))
        assert outcomes(result) == [Outcome.DEAD, Outcome.DEAD, *outcomes(result)[2:]]
    failures = ShadowFailure.objects.order_by("consumer").values_list(
        "room", "consumer", "place", "error"
    )
    assert [failure[:3] for failure in failures] == [
        ("tests.testapp-shadow", "", broken.message.place),
        ("tests.testapp-shadow", "books", ahead.message.place),
    ]
    assert "header ce_time: further ahead" in failures[1][3]
    assert [*records()] == ["shelves|b"]


def test_failure_is_forgotten_once_the_event_becomes_a_record(library):
    """After a mended deploy the group is rewound, and the failure is none any more."""
    event, other = shelf("A"), shelf("B")
    kept(library, Undecodable(event.message, "x"), Undecodable(other.message, "x"))
    kept(library, event)
    assert [failure.place for failure in ShadowFailure.objects.all()] == [other.message.place]


def test_flood_of_failures_is_kept_in_part(library, monkeypatch):
    """Of each consumer, and of those that none has, the first ones; all of them are counted, and
    a place that is free again is taken."""
    monkeypatch.setattr(ShadowFailure, "MOST", 2)
    ahead = [book(str(number), time=NOW + timedelta(days=1)) for number in range(5)]
    broken = [Undecodable(shelf().message, "x") for _ in range(3)]
    for batch in (ahead[:1], ahead[1:4], [*broken, *ahead]):
        kept(library, *batch)
    places = [f.place for f in ShadowFailure.objects.filter(consumer="books").order_by("pk")]
    assert places == [event.message.place for event in ahead[:2]]
    assert [f.place for f in ShadowFailure.objects.filter(consumer="")] == [
        arrival.message.place for arrival in broken[:2]
    ]
    counts = OutcomeCount.objects.filter(room="tests.testapp-shadow")
    assert {count.consumer: count.dead for count in counts} == {"books": 9, "": 3}
    mended = replace(shelf(), message=ahead[0].message)
    kept(library, mended, ahead[4])
    kept(library, ahead[4])
    places_now = {f.place for f in ShadowFailure.objects.filter(consumer="books")}
    assert places_now == {ahead[1].message.place, ahead[4].message.place}


def test_record_that_cannot_be_kept(library, monkeypatch):
    """A record with values that JSON can't hold is a failure, and the others are kept."""

    def with_a_tuple(data, metadata):
        record = testapp.to_shelf(data, metadata)
        return replace(record, label=(1,)) if record.code == "A" else record

    (route,) = testapp.SHELVES.routes
    consumer = replace(testapp.SHELVES, routes=(replace(route, to_record=with_a_tuple),))
    room = replace(library, consumers=(consumer,))
    assert outcomes(kept(room, shelf("A"), shelf("B"))) == [Outcome.DEAD, APPLIED]
    assert "TypeError" in ShadowFailure.objects.get().error


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("tests.nowhere:Gone", {"label": "old"}),
        ("tests.rows:ShelfRecord", {"label": "old"}),
        ("tests.testapp.room:ShelfRecord", {"label": "old"}),
        (
            "tests.testapp.room:ShelfRecord",
            {"code": "A", "label": {"enum": "shared.outcomes:Outcome", "value": "gone"}},
        ),
    ],
)
def test_what_an_older_version_kept_begins_anew(library, path, values):
    """A record whose class, fields or enums have changed is kept as the next event says it."""
    event = shelf("A", "novels")
    kept(library, event)
    older = json.dumps({"record": path, "values": values})
    ShadowRecord.objects.update(record=older)
    assert outcomes(kept(library, event)) == [APPLIED]
    assert records()["shelves|a"] == {"code": "A", "label": "novels"}


def test_outcomes_are_counted_apart(library):
    """Under the shadow's name, so that they don't mix with those of the room."""
    settled(library, shelf())
    kept(library, shelf(), book(), book(title="unwanted"), Ignored(shelf().message))
    counts = OutcomeCount.objects.filter(room="tests.testapp-shadow")
    assert {(c.consumer, c.applied, c.filtered, c.ignored) for c in counts} == {
        ("", 0, 0, 1),
        ("shelves", 1, 0, 0),
        ("books", 1, 1, 0),
    }
    assert OutcomeCount.objects.filter(room=library.name).count() == 1


def test_shadow_is_forgotten(library, monkeypatch):
    """All that a room's shadow kept goes, however much, and nothing of another room's."""
    monkeypatch.setattr(forget_shadow, "_CHUNK", 2)
    settled(library, shelf())
    kept(library, *(shelf(f"{number}") for number in range(5)), Undecodable(shelf().message, "x"))
    kept(registry.get_room(ROOM), Grade().event(), Undecodable(shelf().message, "x"))
    stream = StringIO()
    call_command("forget_shadow", library.name, stdout=stream)
    assert stream.getvalue() == "Forgot 5 records and 1 failures.\n"
    assert [*records()] == ["user-grades|1|course-v1:edx+tests+2026"]
    assert ShadowFailure.objects.get().room == f"{ROOM}-shadow"
    assert Shelf.objects.exists()


def test_shadow_that_cannot_be_forgotten(monkeypatch):
    """A database without the tables, or that is away, is one line and no traceback."""

    def fail(*_: object) -> None:
        raise OperationalError("no such table")

    monkeypatch.setattr(forget_shadow, "_delete", fail)
    with pytest.raises(CommandError, match=r"^Fatal: The database failed: .*OperationalError\.$"):
        call_command("forget_shadow", ROOM)


def test_shadow_of_no_room():
    """A near miss gets the room that was meant."""
    with pytest.raises(CommandError, match=rf"Hint: Did you mean '{ROOM}'\?"):
        call_command("forget_shadow", "credentials_grade_sync")


@pytest.mark.parametrize(
    ("error", "raised"),
    [(OperationalError("connection lost"), TransientError), (DatabaseError("no"), FatalError)],
)
def test_failure_of_the_database_keeps_nothing(library, monkeypatch, error, raised):
    """The whole batch is kept in one transaction, or not at all."""

    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr("shared.shadow.count", fail)
    with pytest.raises(raised):
        kept(library, shelf(), Undecodable(shelf().message, "x"))
    assert not ShadowRecord.objects.exists()
    assert not ShadowFailure.objects.exists()
