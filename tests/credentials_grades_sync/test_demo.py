"""The demo's grade stream has what the room alone has, and its model is right."""

from __future__ import annotations

from decimal import Decimal

import pytest

from credentials_grades_sync import demo
from credentials_grades_sync.demo import expected_rows, make_stream
from credentials_grades_sync.demo.author import Author
from shared.demo.part import AnyOf, Part
from shared.demo.stream import Run, StockEvent
from shared.outcomes import Outcome
from tests.shared.demo.samples import RUN, STARTED, at, landed, only_row

PART: Part = demo
"""That the module is a part is for mypy to find."""


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
    return Author(RUN)


def test_the_newest_event_wins_in_whatever_order(author):
    """By its own time."""
    event = author.new_grade()
    older, newer = at(event, 1, percent_grade=0.1), at(event, 2, percent_grade=0.2)
    assert only_row(PART, older, newer) == only_row(PART, newer, older)
    assert only_row(PART, newer, older)["percent_grade"] == Decimal("0.2000")


def test_the_learner_comes_from_the_newest_event_that_knows_one(author):
    """A newer summary gives the grade and leaves username and verified alone."""
    summary, grade = author.new_summary(), author.new_grade()
    learner = summary.data["grade"].user_id
    grade = at(grade, 1, user_id=learner, course_key=summary.data["grade"].course.course_key)
    row = only_row(PART, grade, at(summary, 2, letter_grade="A", percent_grade=0.95))
    assert (row["letter_grade"], row["passed"]) == ("A", True)
    assert row["username"] == grade.data["grade"].username
    assert row["verified"] == grade.data["grade"].verified


def test_a_summary_alone_gives_a_row_without_a_learner(author):
    """With the model's own default for verified."""
    row = only_row(PART, at(author.new_summary(), 1, letter_grade=""))
    assert (row["username"], row["verified"], row["passed"]) == ("", True, False)


def test_graded_at_may_be_the_time_of_any_event_with_the_row_s_grade(author):
    """A, B, A: either A, but not B."""
    event = author.new_grade()
    events = [at(event, n, percent_grade=p) for n, p in enumerate([0.5, 0.6, 0.5])]
    times = [event.metadata.time for event in events]
    assert only_row(PART, *events)["graded_at"] == AnyOf(frozenset({times[0], times[2]}))


def test_what_must_not_reach_the_table_is_not_in_the_model(author):
    """Whatever it says."""
    assert not expected_rows(landed(author.new_grade(), ends_as=Outcome.FILTERED))
