"""The isolation level that the tests are told to run at is the one that they run at."""

from __future__ import annotations

import os

from django.db import connection, transaction

from tests.rows import NOON
from tests.testapp.models import Shelf
from tests.threads import Threads

VARIABLE = "EXPECTED_ISOLATION_LEVEL"
"""Names the level to those who ask for another than Django's own choice."""


def test_isolation_level_is_the_one_that_was_asked_for(threads: Threads, two_can_write: None):
    """A second look in one transaction sees what was committed meanwhile, or doesn't."""
    expected = os.environ.get(VARIABLE, "read committed")
    seen: list[bool] = []

    def commit_a_row() -> None:
        Shelf.objects.create(sync_key="a", code="A", label="a", created=NOON)

    def look_twice() -> None:
        with transaction.atomic():
            assert not Shelf.objects.exists()
            threads.run(commit_a_row)
            seen.append(Shelf.objects.exists())

    threads.run(look_twice)
    assert seen == [{"read committed": True, "repeatable read": False}[expected]], (
        f"{connection.vendor} isn't at {expected.upper()}."
    )
