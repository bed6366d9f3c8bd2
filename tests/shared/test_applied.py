"""Rows that can't remember a position follow the newest event all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from shared.applied import apply_in_order
from shared.exceptions import PoisonError
from shared.models import AppliedEvent
from shared.ordering import Position
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.records import PositionedRecord
from tests.testapp.room import ShelfRecord

pytestmark = pytest.mark.django_db

Item = PositionedRecord[ShelfRecord]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def said(label: str, minute: int, code: str = "A") -> Item:
    """Return what a shelf's event said at a minute."""
    position = Position.of(NOON + timedelta(minutes=minute), "shelves", 0, minute)
    return PositionedRecord(ShelfRecord(code=code, label=label), position)


class Labels(dict[str, str]):
    """A host's rows: the label of each shelf."""

    def apply(self, item: Item) -> Outcome:
        """Write a label, and say whether it was another one."""
        before, self[item.record.code] = self.get(item.record.code), item.record.label
        return Outcome.UNCHANGED if before == item.record.label else Outcome.APPLIED

    def follow(self, *items: Item, consumer: str = "shelves") -> list[WriteResult]:
        """Let the rows follow events, as one batch."""
        return apply_in_order(consumer, items, self.apply)


def test_any_order_of_arrival_ends_with_the_newest() -> None:
    """In one batch, and in a batch each."""
    events = [said("one", 1), said("two", 2), said("three", 3)]
    for number, order in enumerate(permutations(events)):
        together, singly = Labels(), Labels()
        together.follow(*order, consumer=f"together-{number}")
        for item in order:
            singly.follow(item, consumer=f"singly-{number}")
        assert together == singly == {"A": "three"}


def test_each_event_has_its_outcome() -> None:
    """Older, the same again, newer with nothing new, and newer."""
    labels = Labels()
    assert labels.follow(said("two", 2), said("one", 1)) == [Outcome.APPLIED, Outcome.STALE]
    assert labels.follow(said("two", 2), said("one", 1)) == [Outcome.UNCHANGED, Outcome.STALE]
    assert labels.follow(said("two", 4), said("three", 3)) == [Outcome.UNCHANGED, Outcome.STALE]
    assert labels.follow(said("five", 5)) == [Outcome.APPLIED]
    assert labels == {"A": "five"}


def test_keys_are_matched_whatever_their_case() -> None:
    """And those of another consumer are others."""
    labels = Labels()
    labels.follow(said("two", 2, "a"))
    assert labels.follow(said("one", 1, "A")) == [Outcome.STALE]
    assert labels.follow(said("one", 1, "A"), consumer="books") == [Outcome.APPLIED]


@pytest.mark.parametrize("answer", [Outcome.FILTERED, MissingParent("rooms", ("R",))])
def test_event_that_was_not_taken_is_not_followed(answer: WriteResult) -> None:
    """It may be taken later, and older ones until then."""
    assert apply_in_order("shelves", [said("two", 2)], lambda item: answer) == [answer]
    labels = Labels()
    assert labels.follow(said("one", 1), said("two", 2)) == [Outcome.APPLIED] * 2
    assert labels == {"A": "two"}


def test_event_that_the_host_is_ahead_of_is_followed() -> None:
    """An older one that arrives later is older than it, too, whatever the host makes of that."""
    stale = [Outcome.STALE]
    assert apply_in_order("shelves", [said("two", 2)], lambda item: Outcome.STALE) == stale
    labels = Labels()
    assert labels.follow(said("one", 1)) == stale
    assert labels.follow(said("two", 2)) == [Outcome.UNCHANGED]
    assert labels.follow(said("three", 3)) == [Outcome.APPLIED]


def test_event_that_only_creates() -> None:
    """It is applied where nothing was followed yet, once."""
    created = PositionedRecord(ShelfRecord(code="A", label=""), Position.lowest())
    assert created.creates_only
    labels = Labels()
    assert labels.follow(created, created) == [Outcome.APPLIED, Outcome.UNCHANGED]
    assert labels.follow(said("one", 1), created) == [Outcome.APPLIED, Outcome.STALE]
    assert labels == {"A": "one"}


def test_poison_is_raised_and_nothing_followed(
    django_assert_num_queries: Callable[..., object],
) -> None:
    """The writer isolates it."""

    def refuse(item: Item) -> Outcome:
        raise PoisonError("label: too long")

    with pytest.raises(PoisonError):
        apply_in_order("shelves", [said("two", 2)], refuse)
    assert not AppliedEvent.objects.filter(has_followed=True)


def test_statements_do_not_grow_with_the_batch(
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    """What the guard itself costs is the same for any number of events."""
    labels = Labels()
    labels.follow(*[said("one", 1, str(number)) for number in range(50)])
    again = [said("two", 2, str(number)) for number in range(100)]
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        labels.follow(*again)
    assert set(labels.values()) == {"two"}
