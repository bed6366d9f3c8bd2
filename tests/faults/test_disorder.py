"""However events are doubled, shuffled and dated, rows follow event time alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import Arena
from tests.faults.encoding import START
from tests.faults.stream import Said, What, stream

SEED = 20261107
SKEW = timedelta(minutes=2)
_MILLISECOND = timedelta(milliseconds=1)
TOLD = (
    Said(What.SHELF, 1, "", text="old label"),
    Said(What.BOOK, 2, "", "", "first title", 1),
    Said(What.BOOK, 3, "", "", "second title", 2),
    Said(What.SHELF, 4, "", text="new label"),
    Said(What.BOOK, 5, "", "", "last title", 3),
    Said(What.BOOK, 5, "", "", "last title", 3),
)


def disorder(arena: Arena, *, events: int) -> None:
    """Publish everything twice, in any order, and let two workers find it."""
    doubled = [*stream(SEED, events), *stream(SEED, events)]
    Random(SEED).shuffle(doubled)
    arena.publish(doubled)
    for _ in range(2):
        arena.start()


def skewed(messages: Iterable[Said], started: datetime) -> Iterator[Said]:
    """Yield messages as two producers send them, of which one's clock is ahead.

    They take turns at random, and both tell of the same rows. ``started`` is when the first had
    its first event.
    """
    random, origin = Random(SEED), (started - START) // _MILLISECOND
    for said in messages:
        ahead = random.choice([timedelta(), SKEW]) // _MILLISECOND
        yield replace(said, millisecond=origin + said.millisecond + ahead)


def told_in_every_order(length: int) -> Iterator[Said]:
    """Yield each permutation of what is told of a shelf and its book, with keys of its own."""
    for number, order in enumerate(permutations(TOLD[:length])):
        for said in order:
            isbn = f"book-{number}" if said.what is What.BOOK else ""
            yield replace(said, code=f"shelf-{number}", isbn=isbn)


def test_doubled_and_shuffled(arena, is_full):
    """Late, early and twice, across rows and within them, for two workers."""
    disorder(arena, events=50_000 if is_full else 2_000)
    assert_flawless(arena)


def test_clocks_that_differ(arena, is_full):
    """Newer is what its producer's clock says; two minutes are within what is taken."""
    events = 50_000 if is_full else 2_000
    stretched = [
        replace(said, millisecond=said.millisecond * (SKEW // _MILLISECOND) // (events // 3))
        for said in stream(SEED, events)
    ]
    arena.publish(skewed(stretched, datetime.now(UTC) - SKEW))
    for _ in range(2):
        arena.start()
    assert_flawless(arena)


def test_clock_too_far_ahead(arena):
    """What it dates is buried, and the row hears of what is newer than the others."""
    now = (datetime.now(UTC) - START) // _MILLISECOND
    hour = timedelta(hours=1) // _MILLISECOND
    shelf = Said(What.SHELF, now, "shelf", text="label")
    book = Said(What.BOOK, now, "shelf", "book", "title", 1)
    early = replace(book, what=What.AHEAD, millisecond=now + hour, text="of the future")
    arena.publish([shelf, book, early, replace(early, isbn="unheard of")])
    arena.start()
    arena.wait_for_commits(4)
    arena.publish([replace(book, millisecond=now + 1, text="new title")])
    assert_flawless(arena)
    assert arena.query("SELECT title FROM testapp_book") == [("new title",)]


@pytest.mark.parametrize("batch_size", [1, 500])
def test_every_order(arena, is_full, batch_size):
    """Each order of a few events ends in the same row, in one batch and in many."""
    settings = {"BATCH_SIZE": batch_size}
    arena.publish(told_in_every_order(6 if is_full else 5))
    for _ in range(2):
        arena.start(EVENT_SYNC=settings)
    assert_flawless(arena, EVENT_SYNC=settings)
    assert set(arena.query("SELECT title, price FROM testapp_book")) == {("last title", "3")}
    assert set(arena.query("SELECT label FROM testapp_shelf")) == {("new label",)}
