"""Where the rows of a snapshot come from, page by page; a file is one, an API another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

from shared.conf import get_settings
from shared.exceptions import ConfigurationError
from shared.snapshots import Row, UnreadableRow, row_of

_HINT = "Name a file with one JSON object in each line."


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row, or why it is none, and where it was found: in words for a person."""

    place: str
    row: Row | UnreadableRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some rows of a source, and where it goes on; ``next`` is empty at its end.

    ``taken_at`` is a time at which the rows said this, if the source knows. ``done`` of ``total``,
    in the source's own unit, are read.
    """

    rows: tuple[PlacedRow, ...]
    next: str
    taken_at: datetime | None
    done: int
    total: int | None


class Source(Protocol):
    """Rows in pages. ``name`` is the same only for a source whose places are the same."""

    @property
    def name(self) -> str:
        """What tells it from every other source."""

    def pages(self, start: str) -> Iterator[Page]:
        """Yield the pages from a ``next`` on; from the beginning if that is empty."""


class FileSource:
    """A file with one JSON object in each line; ``taken_at`` is when its making began."""

    def __init__(self, path: Path, taken_at: datetime | None) -> None:
        if path.exists() and not path.is_file():  # to open a pipe would wait for its writer
            raise ConfigurationError(f"--from: {str(path)!r} is no regular file.", hint=_HINT)
        try:
            with path.open("rb"):
                self._stat = path.stat()
        except OSError as error:
            raise ConfigurationError(
                f"--from: {str(path)!r} can't be read: {error.strerror}.", hint=_HINT
            ) from error
        self._path = path.resolve()
        self._taken_at = taken_at

    @property
    def name(self) -> str:
        """The path, and what another file in its place would have different."""
        stat = self._stat
        return f"{self._path} {stat.st_size} {stat.st_mtime_ns} {self._taken_at}"

    def pages(self, start: str) -> Iterator[Page]:
        """Yield as many lines at a time as a batch has; blank ones count, and are no rows."""
        number, offset = map(int, start.split()) if start else (0, 0)
        with self._path.open("rb") as file:
            file.seek(offset)
            while lines := list(islice(file, get_settings().batch_size)):
                rows = tuple(_rows(lines, number))
                number, offset = number + len(lines), offset + sum(map(len, lines))
                is_last = offset >= self._stat.st_size
                yield Page(
                    rows=rows,
                    next="" if is_last else f"{number} {offset}",
                    taken_at=self._taken_at,
                    done=offset,
                    total=self._stat.st_size,
                )
                if is_last:
                    return


def _rows(lines: list[bytes], before: int) -> Iterator[PlacedRow]:
    for number, line in enumerate(lines, start=before + 1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if text.strip():
            yield PlacedRow(f"line {number}", _parsed(text))


def _parsed(text: bytes) -> Row | UnreadableRow:
    try:
        return row_of(text)
    except UnreadableRow as problem:
        return problem
