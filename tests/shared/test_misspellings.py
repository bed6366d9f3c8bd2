"""Who misspells a name is told the one that was meant."""

from __future__ import annotations

import pytest

from shared.misspellings import hint_about


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("shelfs", "Did you mean 'shelves'?"),
        ("book", "Did you mean 'books'?"),
        ("films", "Rooms: books, shelves."),
        ("", "Rooms: books, shelves."),
    ],
)
def test_hint(name: str, hint: str) -> None:
    """The nearest name; all of them, in their order, where none is near."""
    assert hint_about(name, ["books", "shelves"], what="Rooms") == hint
