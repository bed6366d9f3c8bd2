"""What a declaration says of a learner beside the names by which rows are found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.learners import Identity, Learner, LearnerField, names
from shared.outcomes import WriteResult
from shared.records import PositionedRecord
from shared.tables import in_table
from tests.testapp.models import Shelf

WANTED = names([(Identity.USERNAME, "ada")])
LEARNER = Learner(
    (
        LearnerField(Identity.USERNAME, "shelf.code", "code"),
        LearnerField(Identity.EMAIL, "shelf.email"),
    ),
    details=(("label", "(nobody)"),),
)


@in_table(Shelf)
def destination(records: Sequence[PositionedRecord[Any]]) -> Sequence[WriteResult]:
    """Write nothing."""
    return []


def test_details_are_blanked_and_name_nobody() -> None:
    """A full name says who somebody is, and two may have it."""
    assert LEARNER.blanks == {"label": "(nobody)"}
    assert LEARNER.names_of({"code": "Ada", "label": "Ada Lovelace"}) == WANTED


@pytest.mark.django_db
def test_rows_are_found_and_forget() -> None:
    """By the columns that there are; a name that only events have has none."""
    row = Shelf.objects.create(sync_key="1", code="ada", label="Ada Lovelace")
    other = Shelf.objects.create(sync_key="2", code="bob", label="ada")
    found = destination.naming(LEARNER, WANTED)
    assert found == [row.pk]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert destination.forget(LEARNER, WANTED, found, now=now) == 1
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.label, row.code, row.modified) == ("(nobody)", "ada", now)
    assert other.label == "ada"
