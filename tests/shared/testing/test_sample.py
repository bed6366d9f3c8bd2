"""A sample finds its consumer, or says why it doesn't."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.exceptions import ConfigurationError
from shared.testing import Sample, registered
from tests.shared.testing import samples
from tests.testapp.models import Shelf
from tests.testapp.room import BOOKS, ROOM, SHELVES

OTHERS = replace(SHELVES, name="other-shelves")


def test_consumer_is_found_by_the_event(library):
    """The only one that consumes it."""
    assert samples.BOOKS.room == library
    assert samples.BOOKS.route is BOOKS.routes[0]
    assert samples.BOOKS.consumer_name == "books"


def test_consumer_of_several_is_found_by_its_name():
    """Without it the sample says who they are."""
    with registered(ROOM, SHELVES, OTHERS):
        named = replace(samples.SHELVES, consumer="other-shelves")
        assert named.consumer_name == "other-shelves"
        with pytest.raises(ConfigurationError, match="shelves, other-shelves; the"):
            _ = samples.SHELVES.room


def test_consumer_that_is_not_registered():
    """Its app may be missing."""
    with pytest.raises(ConfigurationError, match=r"none that is registered.*Hint: Install its app"):
        _ = samples.BOOKS.room


def test_sample_without_a_table():
    """Nothing could be compared."""
    with pytest.raises(ConfigurationError, match="neither model nor rows"):
        Sample(signal=samples.SHELVES.signal, data=samples.shelf)


@pytest.mark.django_db
def test_rows_that_the_test_chooses():
    """They stand for the table's."""
    Shelf.objects.create(sync_key="a", code="a", label="novels")
    chosen = replace(samples.SHELVES, rows=lambda: list(Shelf.objects.values("label")))
    assert chosen.all_rows() == [{"label": "novels"}]
    assert samples.SHELVES.all_rows()[0]["code"] == "a"
