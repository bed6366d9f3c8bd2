"""A child that is parked while its parent is committed is applied soon, whoever comes first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from threading import Event
from time import sleep

import pytest
from django.utils import timezone

from shared import parking
from shared.batches import Arrival
from shared.conf import get_settings
from shared.consumer import Room
from shared.direct import decode_stored
from shared.exceptions import TransientError
from shared.messages import Event as BusEvent
from shared.models import DeadLetter, ParkedEvent
from tests.library import book, settled, shelf
from tests.processes import PATIENCE, wait_until
from tests.testapp.models import Book
from tests.threads import Threads, before

SOON = timedelta(seconds=5)
"""Far less than the pause of an event that has long been parked."""

pytestmark = pytest.mark.usefixtures("two_can_write")


def settle(room: Room, *arrivals: Arrival) -> None:
    """Settle a batch as the worker does, again where the database asks for that."""
    for attempt in range(1, 100):
        try:
            settled(room, *arrivals, now=timezone.now())
            return
        except TransientError:
            sleep(get_settings().pause_after(attempt))
    raise AssertionError("It was never settled.")


def retry(room: Room, *, ahead: timedelta = timedelta()) -> None:
    """Settle the parked events that are due, as the worker does, or will be some time ahead."""
    due = parking.due(room.name, ["test"], limit=9, now=timezone.now() + ahead)
    if due:
        settle(room, *parking.arrivals_of(due, decode_stored))


def applied_soon(room: Room) -> bool:
    """Retry what is due until nothing is parked; fail if that would take long."""

    def is_done() -> bool:
        retry(room)
        return not ParkedEvent.objects.exists()

    for event in ParkedEvent.objects.all():
        assert event.retry_at < timezone.now() + SOON
    wait_until(is_done, "the child")
    return Book.objects.exists() and not DeadLetter.objects.exists()


def meanwhile(
    threads: Threads, pattern: str, act: Callable[[], None]
) -> AbstractContextManager[None]:
    """Let another worker act, and commit, before this one's first statement of a kind."""
    return before(pattern, lambda: threads.run(act))


@pytest.fixture
def ends_well(library: Room, threads: Threads) -> Callable[..., None]:
    """Return what runs workers at the same time and asserts that the child is applied soon."""

    def run(*workers: Callable[[], None]) -> None:
        answers: list[bool] = []
        threads.run(*workers)
        threads.run(lambda: answers.append(applied_soon(library)))
        assert answers == [True]

    return run


LOOKS, PARKS, COUNTS = "SELECT", "INSERT INTO .event_sync_parked", "INSERT INTO .event_sync_outcome"
WRITES, WAKES = "INSERT INTO .testapp_shelf", "UPDATE .event_sync_parked"


@pytest.mark.parametrize("moment", [LOOKS, PARKS, COUNTS])
def test_parent_is_committed_while_its_new_child_is_parked(library, threads, ends_well, moment):
    """The parent's worker can't see the child, nor wake it."""
    child, parent = book(), shelf()

    def park() -> None:
        with meanwhile(threads, moment, lambda: settle(library, parent)):
            settle(library, child)

    ends_well(park)


@pytest.mark.parametrize("moment", [LOOKS, WRITES, COUNTS])
def test_new_child_is_parked_while_its_parent_is_settled(library, threads, ends_well, moment):
    """The child's worker can't see the parent, and the parent's may see no child."""
    child, parent = book(), shelf()

    def bring() -> None:
        with meanwhile(threads, moment, lambda: settle(library, child)):
            settle(library, parent)

    ends_well(bring)


@pytest.mark.parametrize("moment", [WRITES, WAKES])
def test_old_child_is_retried_in_vain_while_its_parent_is_settled(
    library, threads, ends_well, moment
):
    """The retry would put it off for minutes; the parent's worker has the last word."""
    child, parent = book(), shelf()

    def bring() -> None:
        park_for_long(library, child)
        with meanwhile(threads, moment, lambda: retry(library, ahead=timedelta(hours=1))):
            settle(library, parent)

    ends_well(bring)


def test_parent_is_committed_while_its_old_child_is_retried_in_vain(library, threads, ends_well):
    """The parent's worker waits for the retry, which would put the child off for minutes."""
    child, parent = book(), shelf()
    looked, wakes = Event(), Event()

    def retry_in_vain() -> None:
        def let_the_parent_in() -> None:
            looked.set()
            assert wakes.wait(PATIENCE)

        with before(PARKS, let_the_parent_in):
            retry(library, ahead=timedelta(hours=1))

    def bring() -> None:
        assert looked.wait(PATIENCE)
        with before(WAKES, wakes.set):
            settle(library, parent)

    threads.run(lambda: park_for_long(library, child))
    ends_well(retry_in_vain, bring)


def park_for_long(room: Room, child: BusEvent) -> None:
    """Park an event that was retried so often that its next pause takes minutes."""
    settle(room, child)
    assert ParkedEvent.objects.update(attempts=20, retry_at=timezone.now() + timedelta(hours=1))
