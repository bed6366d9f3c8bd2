"""Whatever the batches and the order of arrival, a stream ends in the same rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ordering import Position
from shared.outcomes import Outcome
from shared.records import PositionedRecord
from shared.upsert import upsert
from tests.rows import NOON, ReaderRecord, reader
from tests.testapp.models import Reader

pytestmark = pytest.mark.django_db

Row: TypeAlias = dict[str, Any]

events = st.builds(
    reader,
    st.integers(0, 3),
    st.integers(0, 2),
    name=st.sampled_from([None, "ada", "lovelace"]),
    number=st.integers(1, 2),
    source=st.integers(0, 1),
)


def numbered(
    stream: Sequence[PositionedRecord[ReaderRecord]],
) -> list[PositionedRecord[ReaderRecord]]:
    """Give each event an offset of its own, as a broker does."""
    return [
        PositionedRecord(item.record, Position.at(item.position.time, item.position.source, offset))
        for offset, item in enumerate(stream)
    ]


streams = st.lists(events, min_size=1, max_size=8).map(numbered)
example_by_example = settings(
    derandomize=True,
    deadline=None,
    max_examples=150,
    # Each example empties the table first.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def rows_after(*batches: Sequence[PositionedRecord[Any]]) -> tuple[list[Outcome], list[Row]]:
    """Settle batches on an empty table; return the outcomes and the rows, without their ids."""
    Reader.objects.all().delete()
    found = [outcome for batch in batches for outcome in upsert(Reader, batch, now=NOON)]
    rows = Reader.objects.order_by("number").values()
    return found, [{k: v for k, v in row.items() if k != "id"} for row in rows]


@given(streams, st.integers(0, 8))
@example_by_example
def test_batches_of_any_size_end_the_same(stream, cut):
    """Outcomes and rows don't depend on where one batch ends and the next begins."""
    one_by_one = rows_after(*([item] for item in stream))
    assert rows_after(stream) == one_by_one
    assert rows_after(stream[:cut], stream[cut:]) == one_by_one


@given(st.data(), streams)
@example_by_example
def test_order_of_arrival_does_not_matter(data, stream):
    """Every permutation ends in the rows that the rule gives."""
    arriving = data.draw(st.permutations(stream))
    _, rows = rows_after(arriving)
    assert [_timeless(row) for row in rows] == model_of(stream)


def _timeless(row: Row) -> Row:
    """Leave out the columns that tell when this table saw a change."""
    return {k: v for k, v in row.items() if k not in ("seen_at", "created", "modified")}


def model_of(stream: Sequence[PositionedRecord[ReaderRecord]]) -> list[Row]:
    """Return the rows that a stream must end in, without the code under test."""
    by_number = defaultdict(list)
    for item in sorted(stream, key=lambda item: item.position):
        by_number[item.record.number].append(item)
    rows = []
    for number, items in sorted(by_number.items()):
        newest = items[-1]
        known = next((item for item in reversed(items) if item.record.name is not None), None)
        rows.append(
            {
                "sync_key": str(number),
                "number": number,
                "books": newest.record.books,
                "position": newest.position,
                "name": known.record.name if known else "",
                "is_member": known.record.is_member if known else True,
                "filled_position": known.position if known else Position.lowest(),
            }
        )
    return rows
