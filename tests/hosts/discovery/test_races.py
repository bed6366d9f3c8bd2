"""Others write to Discovery at the same time: a second worker, Publisher, the loader."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import sleep

import pytest
from django.db import DatabaseError, transaction

from shared.exceptions import TransientError
from shared.outcomes import Outcome
from tests.hosts.discovery.events import published
from tests.hosts.discovery.rows import KEY, make_course, make_run, make_runs, model, runs, said
from tests.threads import before

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("two_can_write"),
]

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
OTHER = "course-v1:edX+Tests+2027"


def try_to_lock(refused: list[DatabaseError], **of: object) -> Callable[[], None]:
    """Return what locks a run as somebody else would, who doesn't wait."""

    def lock() -> None:
        try:
            with transaction.atomic():
                list(model("CourseRun").everything.select_for_update(nowait=True).filter(**of))
        except DatabaseError as error:
            refused.append(error)

    return lock


@pytest.mark.parametrize("draft", [True, False])
def test_rows_are_locked_while_they_are_followed(threads, partner, send, draft):
    """What was read of either is still so when it is written."""
    make_runs(partner)
    refused: list[DatabaseError] = []
    act = try_to_lock(refused, key=KEY, draft=draft)
    with before(r"UPDATE .course_metadata_courserun", lambda: threads.run(act)):
        assert send(published(1)) == [APPLIED]
    assert len(refused) == 1


def test_runs_are_locked_while_their_course_saves_them(threads, plain_partner, send):
    """A course that gets its title from a run brings no other run's old values back."""
    course = make_course(plain_partner)
    course.canonical_course_run = make_run(course)
    course.save()
    make_run(course, key=OTHER)
    refused: list[DatabaseError] = []
    act = try_to_lock(refused, key=OTHER)
    with before(r"UPDATE .course_metadata_course. ", lambda: threads.run(act)):
        assert send(published(1)) == [APPLIED]
    assert len(refused) == 1


def test_title_undoes_nothing_that_its_course_is_told_meanwhile(threads, plain_partner, send):
    """The course is saved as it is read when nobody else can change it any more."""
    course = make_course(plain_partner)
    course.canonical_course_run = make_run(course)
    course.save()
    refused: list[DatabaseError] = []

    def change() -> None:
        try:
            with transaction.atomic():
                list(model("Course").everything.select_for_update(nowait=True))
                model("Course").everything.update(key_for_reruns="edX+Other")
        except DatabaseError as error:
            refused.append(error)

    with before(r"UPDATE .course_metadata_course. ", lambda: threads.run(change)):
        assert send(published(1)) == [APPLIED]
    course.refresh_from_db()
    assert bool(course.key_for_reruns) is not bool(refused)


def again_and_again(act: Callable[[], object]) -> Callable[[], object]:
    """Return what acts as a worker does, again where the database asks for that."""

    def act_until_done() -> object:
        for _ in range(100):
            try:
                return act()
            except TransientError:
                sleep(0.05)
        raise AssertionError("It was never done.")

    return act_until_done


def test_two_workers_have_events_of_one_run(threads, partner, send):
    """In whatever order they come to it, both rows end as the newest says."""
    pair = make_runs(partner)
    events = [published(second, name=str(second)) for second in range(10)]
    batches = [events[::2], events[1::2]]
    threads.run(*(again_and_again(partial(send, *batch)) for batch in batches))
    assert [said(run)["title_override"] for run in pair] == ["9", "9"]


def test_two_workers_make_runs_of_one_new_course(threads, partner, send):
    """There is one course in the end, with both."""
    events = [published(1), published(1, OTHER)]
    threads.run(*(again_and_again(partial(send, event)) for event in events))
    assert [run.key for run in runs()] == [KEY, OTHER]
    [course] = model("Course").everything.all()
    assert course.canonical_course_run in runs()


def test_two_workers_make_the_same_run(threads, partner, send):
    """It is made once, and says what the newer event says."""
    events = [published(1, name="Older"), published(2, name="Newer")]
    threads.run(*(again_and_again(partial(send, event)) for event in events))
    [run] = runs()
    assert said(run)["title_override"] == "Newer"
