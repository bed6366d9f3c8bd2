"""What the fault suite publishes, and a model of what shall come of it.

Shelves and books of the tests' room, as a busy and unreliable service would send them. The model
knows the rules only: the newest event wins its row, what can't be stored or read is buried, a book
without its shelf is parked. It shares no code with the worker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from random import Random
from typing import NamedTuple, TypeAlias
from zlib import crc32


class What(Enum):
    """What a message is, and so how it has to end."""

    SHELF = "a shelf"
    BOOK = "a book"
    UNWANTED = "a book that the room's filter refuses"
    UNSTORABLE = "a book that only the database refuses"
    UNDECODABLE = "bytes that are no event"
    AHEAD = "a book from a clock that is too far ahead"
    UNKNOWN = "an event of a type that nobody knows"


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says; ``millisecond`` is its event time after ``encoding.START``."""

    what: What
    millisecond: int
    code: str
    isbn: str = ""
    text: str = ""
    price: int = 0

    def partition(self, partitions: int) -> int:
        """Return where it goes: as on every bus, the key (the shelf's code) decides."""
        return crc32(self.code.encode()) % partitions


class Landed(NamedTuple):
    """A message and where the broker put it."""

    said: Said
    partition: int
    offset: int


Place: TypeAlias = tuple[int, int]
"""Partition and offset."""
Table: TypeAlias = dict[tuple[str, str], tuple[str, ...]]
"""By what it is and its key: a shelf's label; a book's title, price and shelf."""


@dataclass
class Expected:
    """What a stream shall come to: its rows, and the places of what is kept otherwise."""

    rows: Table = field(default_factory=dict)
    parked: set[Place] = field(default_factory=set)
    dead: set[Place] = field(default_factory=set)


def expected(landed: Iterable[Landed]) -> Expected:
    """Return what has to be in the database once all these are settled."""
    landed = sorted(landed, key=lambda each: (each.said.millisecond, each.offset))
    shelves = {said.code for said, *_ in landed if said.what is What.SHELF}
    model = Expected()
    for said, partition, offset in landed:
        if said.what is What.SHELF:
            model.rows[row_key(said)] = (said.text,)
        elif said.what in (What.UNDECODABLE, What.AHEAD):
            model.dead.add((partition, offset))
        elif said.what in (What.BOOK, What.UNSTORABLE) and said.code not in shelves:
            model.parked.add((partition, offset))
        elif said.what is What.UNSTORABLE:
            model.dead.add((partition, offset))
        elif said.what is What.BOOK:
            model.rows[row_key(said)] = (said.text, str(said.price), said.code)
    return model


def row_key(said: Said) -> tuple[str, str]:
    """Return which row a shelf or a book is told of."""
    return ("shelf", said.code) if said.what is What.SHELF else ("book", said.isbn)


_TROUBLES = 400
"""One message in so many is undecodable; another is of an unknown type, another an orphan's."""
_LOST = "lost-"
"""The codes of shelves that never come begin so."""
_UNSTORABLE = 5_000
"""One message in so many; each has its whole batch settled one by one."""


def stream(seed: int, count: int) -> Iterator[Said]:
    """Yield ``count`` messages, and some more at the end: shelves whose books came first.

    A third of the books has one event, which must not be lost; the others have several, which must
    not overtake each other: late ones, equal times, duplicates.
    """
    random = Random(seed)
    late_shelves: list[Said] = []
    recent: deque[Said] = deque(maxlen=200)
    books: list[Said] = []
    told: set[str] = set()
    for number in range(count):
        said = _next(random, number, books, recent, count)
        if said.code not in told and not said.code.startswith(_LOST):
            told.add(said.code)
            shelf = replace(said, what=What.SHELF, isbn="", text=f"label {number}", price=0)
            if random.random() < 0.1:
                late_shelves.append(shelf)
            else:
                yield shelf
        if said.what is What.BOOK:
            books.append(said)
        recent.append(said)
        yield said
    yield from late_shelves


def _next(
    random: Random, number: int, books: list[Said], recent: Sequence[Said], count: int
) -> Said:
    """Return one more message; three in a row have the same time."""
    now, code = number // 3, f"shelf-{random.randrange(count // 50 + 4)}"
    if number % _UNSTORABLE == _UNSTORABLE // 2:
        return Said(What.UNSTORABLE, now, code, f"unstorable-{number}", "unstorable", -1)
    if number % _TROUBLES == 100:
        return Said(What.UNDECODABLE, now, code)
    if number % _TROUBLES == 200:
        return Said(What.UNKNOWN, now, code)
    if number % _TROUBLES == 300:
        return Said(What.BOOK, now, f"{_LOST}{number}", f"{number}", f"title {number}", 1)
    choice = random.random()
    if choice < 0.06:
        return Said(What.SHELF, now, code, text=f"label {number}")
    if choice < 0.10:
        return Said(What.UNWANTED, now, code, f"unwanted-{number}", "unwanted", 1)
    if choice < 0.20 and recent:
        return random.choice(recent)
    if choice < 0.55 and books:
        book = random.choice(books)
        time = now if choice < 0.45 else random.randint(max(0, book.millisecond - 500), now)
        return replace(book, millisecond=time, text=f"title {number}", price=number % 90)
    return Said(What.BOOK, now, code, f"{number}", f"title {number}", number % 90)


_HEALTHY = (What.SHELF, What.BOOK, What.UNWANTED)


class Calm:
    """A service that sends nothing late, bad, or before its parent: what is lost is the fault's."""

    def __init__(self) -> None:
        self._now = 0
        self._shelves: set[str] = set()

    def of(self, messages: Iterable[Said]) -> Iterator[Said]:
        """Yield what such a service sends in place of these."""
        for said in messages:
            if said.what not in _HEALTHY or said.code.startswith(_LOST):
                continue
            self._now = max(self._now, said.millisecond)
            if said.what is What.BOOK and said.code not in self._shelves:
                yield Said(What.SHELF, self._now, said.code, text="the first label")
            if said.what is not What.UNWANTED:
                self._shelves.add(said.code)
            yield replace(said, millisecond=self._now)
