"""The demo's grade stream is what it says, its model is right, and the whole holds together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from django.core.management import CommandError, call_command

from credentials_grades_sync import demo
from credentials_grades_sync.demo import KINDS, expected_rows, make_stream, stored_rows
from credentials_grades_sync.demo.author import Author
from credentials_grades_sync.standalone.models import UserGrade
from shared.demo.part import AnyOf, Part
from shared.demo.stream import Kind, Landed, Place, Planned, Run, StockEvent
from shared.outcomes import Outcome

ROOT = Path(__file__).parents[2]
STARTED = datetime(2026, 3, 4, tzinfo=UTC)
RUN = Run(events=1000, seed=1, started=STARTED)
KEYS = [
    *("produced", "applied", "unchanged", "stale", "filtered", "ignored", "parked", "dead"),
    *("lost", "p50_ms", "p99_ms"),
]
PART: Part = demo
"""That the module is a part is for mypy to find."""


def test_shares_are_thousandths_of_a_whole():
    """What is stated adds up."""
    assert sum(kind.share for kind in KINDS) == 1000


def test_a_thousand_events_have_every_kind_in_its_share():
    """Exactly."""
    counts = Counter(planned.kind.name for planned in make_stream(RUN))
    assert counts == {kind.name: kind.share for kind in KINDS}


@pytest.mark.parametrize("events", range(1, 30))
def test_a_short_stream_is_possible(events):
    """However few events, each has something to refer to."""
    assert len(make_stream(Run(events=events, seed=events, started=STARTED))) == events


def test_the_same_seed_gives_the_same_stream():
    """In its text: a value that is not a number isn't equal to itself."""
    assert str(make_stream(RUN)) == str(make_stream(RUN))


def test_another_seed_gives_another_stream():
    """With other grades in another order."""
    other = Run(events=1000, seed=2, started=STARTED)
    assert str(make_stream(RUN)) != str(make_stream(other))


def test_learners_are_the_run_s_own():
    """So the demo touches no row that isn't its own."""
    stream = make_stream(RUN)
    assert {key[0] for key in expected_rows(landed(*stream))} <= set(RUN.ids[:1000])


def test_no_event_is_ahead_of_its_time_but_those_that_shall_be():
    """The worker buries them."""
    ahead = [
        planned.kind.name
        for planned in make_stream(RUN)
        if isinstance(planned.message, StockEvent) and planned.message.metadata.time > STARTED
    ]
    assert set(ahead) == {"poison: a year ahead of time"}


def test_duplicates_have_the_id_that_their_name_says():
    """Some with the same id, some saying the same under another."""
    seen: list[StockEvent] = []
    for planned in make_stream(RUN):
        if planned.kind.name == "duplicate: same id":
            assert planned.message in seen
        if planned.kind.name == "duplicate: other id, same fact":
            assert planned.message.event_id not in [event.event_id for event in seen]
        if isinstance(planned.message, StockEvent):
            seen.append(planned.message)


def test_some_late_events_lie_between_two_that_agree():
    """A, B, A: whoever forgets the position of the second A lets B win."""
    found = 0
    said: dict[int, list[StockEvent]] = {}
    for planned in make_stream(Run(events=3000, seed=1, started=STARTED)):
        if planned.kind.ends_as or not isinstance(planned.message, StockEvent):
            continue
        data = planned.message.data["grade"]
        events = sorted(said.get(data.user_id, []), key=lambda e: e.metadata.time)
        if planned.kind.name == "late" and len(events) > 1:
            grades = [event.data["grade"] for event in events[-2:]]
            found += grades[0] == grades[1] != data
        said.setdefault(data.user_id, []).append(planned.message)
    assert found


@pytest.fixture
def author():
    """Write single events."""
    return Author(Run(events=10, seed=1, started=STARTED))


def landed(*events, ends_as=None):
    """Let events land one after another in one partition."""
    for offset, event in enumerate(events):
        planned = event
        if isinstance(event, StockEvent):
            kind = Kind(name="any", share=1, write=Author.new_grade, ends_as=ends_as)
            planned = Planned(kind=kind, topic="grades", message=event)
        yield Landed(planned, Place("grades", 0, offset))


def at(event, second, **changes):
    """Return an event at another time, with another grade."""
    time = STARTED + timedelta(seconds=second)
    grade = attrs.evolve(event.data["grade"], **changes)
    metadata = attrs.evolve(event.metadata, time=time)
    return StockEvent(
        signal=event.signal, key_field=event.key_field, data={"grade": grade}, metadata=metadata
    )


def only_row(*events):
    """Return the one row that the model says events lead to."""
    ((_, row),) = expected_rows(landed(*events)).items()
    return row


def test_the_newest_event_wins_in_whatever_order(author):
    """By its own time."""
    event = author.new_grade()
    older, newer = at(event, 1, percent_grade=0.1), at(event, 2, percent_grade=0.2)
    assert only_row(older, newer) == only_row(newer, older)
    assert only_row(newer, older)["percent_grade"] == Decimal("0.2000")


def test_of_two_events_of_one_time_the_later_offset_wins(author):
    """They are in one partition."""
    event = author.new_grade()
    one, other = at(event, 1, percent_grade=0.1), at(event, 1, percent_grade=0.2)
    assert only_row(one, other)["percent_grade"] == Decimal("0.2000")
    assert only_row(other, one)["percent_grade"] == Decimal("0.1000")


def test_the_learner_comes_from_the_newest_event_that_knows_one(author):
    """A newer summary gives the grade and leaves username and verified alone."""
    summary, grade = author.new_summary(), author.new_grade()
    learner = summary.data["grade"].user_id
    grade = at(grade, 1, user_id=learner, course_key=summary.data["grade"].course.course_key)
    row = only_row(grade, at(summary, 2, letter_grade="A", percent_grade=0.95))
    assert (row["letter_grade"], row["passed"]) == ("A", True)
    assert row["username"] == grade.data["grade"].username
    assert row["verified"] == grade.data["grade"].verified


def test_a_summary_alone_gives_a_row_without_a_learner(author):
    """With the model's own default for verified."""
    row = only_row(at(author.new_summary(), 1, letter_grade=""))
    assert (row["username"], row["verified"], row["passed"]) == ("", True, False)


def test_graded_at_may_be_the_time_of_any_event_with_the_row_s_grade(author):
    """A, B, A: either A, but not B."""
    event = author.new_grade()
    row = only_row(*(at(event, n, percent_grade=p) for n, p in enumerate([0.5, 0.6, 0.5])))
    assert row["graded_at"] == AnyOf(frozenset({STARTED, STARTED + timedelta(seconds=2)}))


@pytest.mark.parametrize("ends_as", [Outcome.FILTERED, Outcome.IGNORED, Outcome.DEAD])
def test_what_must_not_reach_the_table_is_not_in_the_model(author, ends_as):
    """Whatever it says."""
    assert not expected_rows(landed(author.new_grade(), ends_as=ends_as))


@pytest.mark.django_db
def test_only_the_run_s_rows_are_read():
    """Those of the user's own learners are none of the demo's business."""
    for user_id in (1, RUN.ids.start, RUN.ids.stop):
        UserGrade.objects.create(
            sync_key=user_id,
            lms_user_id=user_id,
            course_key="course-v1:edX+Demo+1",
            percent_grade=0,
            passed=False,
            graded_at=STARTED,
        )
    assert list(stored_rows(RUN)) == [(RUN.ids.start, "course-v1:edX+Demo+1")]


def test_a_dry_run_shows_the_plan_and_starts_nothing(capsys, monkeypatch):
    """Kinds, shares, numbers and rows."""
    monkeypatch.delattr("shared.demo.session.started")
    call_command("demo", events=1000, dry_run=True)
    shown = capsys.readouterr().out
    assert all(kind.name in shown for kind in KINDS)
    assert "1,000 events about 350 rows" in shown


def test_a_dry_run_can_be_read_by_a_program(capsys):
    """One JSON object on stdout, the table beside it."""
    call_command("demo", events=1000, dry_run=True, json=True)
    plan = json.loads(capsys.readouterr().out)
    assert plan["credentials_grades_sync"]["rows"] == 350
    assert plan["credentials_grades_sync"]["kinds"]["late"] == 60


def test_a_bad_value_is_one_line():
    """And an exit status that isn't 0."""
    with pytest.raises(CommandError, match="--events must be a whole number"):
        call_command("demo", events="none")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Migrate a database; return the environment that names it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.sqlite3'}"
    environment = {**os.environ, "DATABASE_URL": url}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.process_settings"
    manage("migrate", "--verbosity", "0", environment=environment).check_returncode()
    return environment


def manage(*arguments, environment):
    """Run a command of the project to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def run_demo(environment):
    """Run the demo with few events as fast as it goes."""
    options = ["--events", "300", "--rate", "0", "--exit", "--json"]
    return manage("demo", *options, environment=environment)


def test_the_demo_loses_nothing(database):
    """The last line adds up, and the table is the model's."""
    run = run_demo(database)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert list(result) == KEYS
    assert result["produced"] == 300
    assert sum(result[outcome.value] for outcome in Outcome) == 300
    assert (result["filtered"], result["ignored"], result["dead"]) == (15, 9, 12)
    assert (result["lost"], result["parked"]) == (0, 0)
    assert 0 < result["p50_ms"] <= result["p99_ms"]
    assert "all equal" in run.stderr


def test_the_demo_finds_out_a_destination_without_a_guard(database, settings):
    """In the same database: rows that follow the order of arrival differ from the model."""
    destinations = {
        **settings.EVENT_SYNC["DESTINATIONS"],
        "user-grades": "tests.credentials_grades_sync.unguarded.write_user_grades",
    }
    run = run_demo({**database, "EVENT_SYNC": json.dumps({"DESTINATIONS": destinations})})
    assert run.returncode == 1
    assert "the model says" in run.stderr
    assert json.loads(run.stdout.splitlines()[-1])["produced"] == 300
