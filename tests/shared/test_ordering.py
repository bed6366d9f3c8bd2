"""Positions are a total order, and a database sorts their text as Python sorts them."""

from __future__ import annotations

import pickle
from copy import copy
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.core import serializers
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ordering import Position, PositionField
from tests.testapp.models import Shelf

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

# Few values each, so that ties of time and of source are met; and the extremes.
times = st.sampled_from([NOON, NOON + timedelta(microseconds=1)]) | st.datetimes(
    timezones=st.just(UTC)
)
positions = st.builds(
    Position.of,
    times,
    st.sampled_from(["grades", "runs"]) | st.text(max_size=5),
    st.sampled_from([-1, 0, 1]) | st.integers(0, 999_999),
    st.sampled_from([0, 1]) | st.integers(0, 2**63 - 1),
)
deterministic = settings(derandomize=True, deadline=None, max_examples=200)


def shelf_at(key: str, position: Position) -> Shelf:
    """Store a shelf that has followed events up to a position."""
    return Shelf.objects.create(sync_key=key, code=key, position=position)


@given(positions, positions)
@deterministic
def test_text_order_is_position_order(one, other):
    """The stored text sorts as the position does."""
    assert (one < other) == (str(one) < str(other))
    assert (one == other) == (str(one) == str(other))


@given(positions)
@deterministic
def test_text_comes_back_as_the_same_position(position):
    """What ``str()`` writes, ``parse`` reads."""
    assert Position.parse(str(position)) == position


@given(positions)
@deterministic
def test_position_is_its_text(position):
    """What every version has stored is read as it is, and a copy is the same position."""
    assert type(str(position)) is str
    again = Position(str(position))
    assert (again, again.source, again.offset) == (position, position.source, position.offset)
    assert again.time == position.time
    assert copy(position) == pickle.loads(pickle.dumps(position)) == position


@given(positions)
@deterministic
def test_text_fits_its_column(position):
    """Every position's text has the same length, the column's."""
    assert len(str(position)) == PositionField().max_length


@given(positions)
@deterministic
def test_lowest_is_outranked_by_every_event(position):
    """No event's position is below the lowest."""
    assert Position.lowest() <= position


def test_time_counts_first_then_source_then_offset():
    """A later time outranks any source, a source any offset."""
    early, late = NOON, NOON + timedelta(microseconds=1)
    assert Position.of(late, "t", 0, 0) > Position.of(early, "t", 9, 9)
    assert Position.of(early, "t", 1, 0) > Position.of(early, "t", 0, 9)
    assert Position.of(early, "t", 0, 10) > Position.of(early, "t", 0, 9)


def test_topics_of_one_partition_number_are_different_sources():
    """Two topics never share a place."""
    assert Position.of(NOON, "a", 0, 0) != Position.of(NOON, "b", 0, 0)


def test_time_zone_does_not_matter():
    """The same instant in another time zone is the same position."""
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-7)))
    assert str(Position.of(elsewhere, "t", 0, 0)) == str(Position.of(NOON, "t", 0, 0))


@pytest.mark.django_db
def test_database_sorts_as_python_does():
    """ORDER BY a position gives the order of positions."""
    wanted = [
        Position.lowest(),
        Position.of(NOON, "t", 0, 2),
        Position.of(NOON, "t", 0, 10),
        Position.of(NOON, "t", 2, 1),
        Position.of(NOON, "t", 10, 1),
        Position.of(NOON + timedelta(microseconds=1), "t", 0, 0),
        Position.of(NOON.replace(microsecond=0, second=59), "t", 0, 0),
    ]
    for number, position in enumerate(reversed(wanted)):
        shelf_at(str(number), position)
    assert list(Shelf.objects.order_by("position").values_list("position", flat=True)) == wanted


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lookup", "found"),
    [
        ("position", ["2"]),
        ("position__lt", ["1"]),
        ("position__lte", ["1", "2"]),
        ("position__gt", ["3"]),
        ("position__gte", ["2", "3"]),
    ],
)
def test_database_filters_by_position(lookup, found):
    """Comparisons in a filter compare positions."""
    for offset in (1, 2, 3):
        shelf_at(str(offset), Position.of(NOON, "t", 0, offset))
    shelves = Shelf.objects.filter(**{lookup: Position.of(NOON, "t", 0, 2)})
    assert sorted(shelves.values_list("sync_key", flat=True)) == found


@pytest.mark.django_db
def test_row_without_position_is_at_the_lowest():
    """A row that no event has touched is outranked by every event."""
    Shelf.objects.create(sync_key="a", code="a")
    assert Shelf.objects.get().position == Position.lowest()


@pytest.mark.django_db
def test_position_survives_a_fixture():
    """A row with its position can be dumped and loaded."""
    row = shelf_at("a", Position.of(NOON, "t", 3, 7))
    dumped = serializers.serialize("json", Shelf.objects.all())
    row.delete()
    for loaded in serializers.deserialize("json", dumped):
        loaded.save()
    assert Shelf.objects.get().position == row.position


def test_field_takes_a_position_or_its_text():
    """Forms and fixtures bring text."""
    position = Position.of(NOON, "t", 3, 7)
    assert PositionField().to_python(str(position)) == position
    assert PositionField().to_python(position) == position


def test_field_refuses_what_is_no_position():
    """A fixture's text is looked at, which the database's isn't."""
    with pytest.raises(ValueError, match="unpack"):
        PositionField().to_python("2026-05-01 12:00:00")


def test_field_without_value_stays_empty():
    """Where a column allows it, NULL is neither a position nor its text."""
    field = PositionField()
    assert field.from_db_value(None) is None
    assert field.get_prep_value(None) is None
