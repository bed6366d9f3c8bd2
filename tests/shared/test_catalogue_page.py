"""The page of events tells each event's fields under their own names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.catalogue import catalogue
from shared.catalogue_page import page
from shared.consumer import Room
from tests.testapp.events import BOOK_CHANGED


@pytest.fixture
def lines(library: Room) -> list[str]:
    """A page that has one event twice: its record comes under another name, in the same class."""
    (book,) = [each for each in catalogue() if each.event_type == BOOK_CHANGED.event_type]
    fields = tuple(replace(f, path=f.path.replace("book.", "novel.")) for f in book.fields)
    novel = replace(book, event_type="novel.v1", signal="signals.NOVEL_CHANGED", fields=fields)
    return page([book, book, novel]).splitlines()


def test_events_with_equal_fields_share_a_table(lines):
    """Those of a family hold the same, which is told once."""
    assert lines.count("Of `BOOK_CHANGED`, `BOOK_CHANGED`.") == 1
    assert lines.count("| `book.price` | long |  |  |") == 1


def test_event_with_other_names_has_a_table_of_its_own(lines):
    """Who looks for its fields finds them, though another event has the same record."""
    assert lines.count("### `BookData`") == 2
    assert "Of `NOVEL_CHANGED`." in lines
    assert "| `novel.price` | long |  |  |" in lines
