"""Others write to Credentials at the same time: a second worker, REST, a retirement."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from shared.exceptions import TransientError
from shared.outcomes import Outcome
from tests.hosts.credentials.calls import post_grade
from tests.hosts.credentials.rows import at, columns, grade, grades, make_user, objects
from tests.threads import Threads, before

pytestmark = pytest.mark.django_db(transaction=True)

APPLIED = Outcome.APPLIED
INSERT_GRADE = r"INSERT INTO .records_usergrade"
AFTER_THE_SEARCH = r"SELECT .event_sync_appliedevent"
UPDATE_GRADE = r"UPDATE .records_usergrade"


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest) -> Callable[[Callable[[], object]], object]:
    """Act in a transaction of its own; on SQLite, where one writes at a time, in ours."""
    if connection.vendor == "sqlite":
        return lambda act: act()
    threads: Threads = request.getfixturevalue("threads")
    return threads.run


def test_somebody_else_inserts_the_same_grade_first(elsewhere, run, outcomes):
    """The batch is tried again, and follows on from their row."""

    def post() -> None:
        post_grade(run, letter_grade="C", lms_last_updated_at=at(1))

    with before(AFTER_THE_SEARCH, lambda: elsewhere(post)), pytest.raises(TransientError):
        outcomes(grade(2))
    assert outcomes(grade(2)) == [APPLIED]
    assert columns()["letter_grade"] == "B"


def test_row_is_locked_while_it_is_followed(two_can_write, threads, run, outcomes):
    """What is read of it is still so when it is written."""
    outcomes(grade(1))
    refused = []

    def lock() -> None:
        try:
            with transaction.atomic():
                grades().select_for_update(nowait=True).get()
        except DatabaseError as error:
            refused.append(error)

    with before(UPDATE_GRADE, lambda: threads.run(lock)):
        assert outcomes(grade(2, letter_grade="A")) == [APPLIED]
    assert len(refused) == 1


def test_learner_is_not_renamed_while_a_grade_is_written(two_can_write, threads, run, outcomes):
    """A retirement amid a batch waits for its commit, and then finds the new row, too."""
    make_user()
    refused = []

    def lock() -> None:
        try:
            with transaction.atomic():
                objects("core.User").select_for_update(nowait=True).get()
        except DatabaseError as error:
            refused.append(error)

    with before(INSERT_GRADE, lambda: threads.run(lock)):
        assert outcomes(grade(1)) == [APPLIED]
    assert len(refused) == 1


def test_two_workers_write_the_same_learners(two_can_write, threads, run, outcomes):
    """In whatever order their batches name them, each ends, and the newest grades are there."""
    learners = range(1, 30)
    for number in learners:
        make_user(username=f"learner-{number}", lms_user_id=number)

    def work(second: int, step: int) -> Callable[[], None]:
        def settle() -> None:
            events = [
                grade(second, user_id=n, username=f"learner-{n}", letter_grade=str(second))
                for n in learners[::step]
            ]
            while True:
                try:
                    outcomes(*events)
                    return
                except TransientError:
                    continue

        return settle

    threads.run(work(1, 1), work(2, -1), work(3, 1), work(4, -1))
    assert set(grades().values_list("letter_grade", flat=True)) == {"4"}
    assert grades().count() == len(learners)
