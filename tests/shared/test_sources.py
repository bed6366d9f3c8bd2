"""A file of rows is read in parts of a batch's size, and from any of their ends on."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from shared.exceptions import ConfigurationError
from shared.snapshots import Row, UnreadableRow
from shared.sources import FileSource

TAKEN_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_batches(settings):
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"BATCH_SIZE": 2}


@pytest.fixture
def source(tmp_path):
    """Five lines, one of them blank, one bad, the first with a byte-order mark."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"n": 1}\n{"n": 2}\r\n\nbad\n{"n": 5}')
    return FileSource(path, TAKEN_AT)


def places(pages):
    """Return where rows were found, and whether they are rows."""
    return [(p.place, isinstance(p.row, Row)) for page in pages for p in page.rows]


def test_rows_have_the_numbers_of_their_lines(source):
    """As an editor counts them; a blank line is no row, a bad one hides no other."""
    found = places(source.pages(""))
    assert found == [("line 1", True), ("line 2", True), ("line 4", False), ("line 5", True)]


def test_parts_are_as_large_as_a_batch(source):
    """The last one says that it is; each knows how far the file is read, and its time."""
    pages = list(source.pages(""))
    assert [len(page.rows) for page in pages] == [2, 1, 1]
    assert [bool(page.next) for page in pages] == [True, True, False]
    assert pages[-1].done == pages[-1].total
    assert {page.taken_at for page in pages} == {TAKEN_AT}


def test_file_is_read_from_any_part_on(source):
    """With the numbers of lines that it had before."""
    pages = list(source.pages(""))
    for index, page in enumerate(pages[:-1]):
        assert places(source.pages(page.next)) == places(pages[index + 1 :])


def test_line_that_is_no_row_says_why(source):
    """It is a row in name only."""
    (bad,) = [p.row for page in source.pages("") for p in page.rows if p.place == "line 4"]
    assert isinstance(bad, UnreadableRow)


def test_empty_file_has_no_part(tmp_path):
    """Nothing is made up."""
    path = tmp_path / "empty"
    path.touch()
    assert list(FileSource(path, None).pages("")) == []


def test_another_file_of_the_same_name_has_another_name(tmp_path):
    """And so no checkpoint of the first one; so does one that is said to be of another time."""
    path = tmp_path / "rows"
    path.write_text("{}\n")
    first = FileSource(path, TAKEN_AT).name
    assert FileSource(path, TAKEN_AT).name == first
    assert FileSource(path, None).name != first
    os.utime(path, ns=(0, 0))
    assert FileSource(path, TAKEN_AT).name != first


@pytest.mark.parametrize("name", ["nowhere.jsonl", ".", os.devnull])
def test_what_is_no_file_is_said(tmp_path, name):
    """By the option that names it."""
    with pytest.raises(ConfigurationError, match=r"^--from: .*Hint: Name a file"):
        FileSource(tmp_path / name, None)


def test_pipe_is_refused_and_not_waited_for(tmp_path):
    """Nobody need write into it."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="is no regular file"):
        FileSource(tmp_path / "pipe", TAKEN_AT)
