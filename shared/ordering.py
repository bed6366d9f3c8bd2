"""Which of two events about one row is newer, and the columns that remember it.

The guard itself is in ``shared.upsert``; see ADR 0003.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self
from zlib import crc32

from django.db import models
from django.utils import timezone

from shared.fields import KeyField

if TYPE_CHECKING:
    # Django's own field classes take no parameters at run time.
    _CharField = models.CharField["Position", "Position"]
else:
    _CharField = models.CharField


class Position(str):
    """A total order over events: event time, then source (topic and partition), then offset.

    It is its own stored form, a text of fixed width and of only digits, ``a-f`` and fixed
    punctuation: every database's collation sorts it as Python does, and it is read and written as
    it is.
    """

    __slots__ = ()

    @classmethod
    def at(cls, time: datetime, source: str = "00000000-000000", offset: int = 0) -> Self:
        """Return a position of this (aware) time: the lowest if nothing else is given."""
        text = time.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
        return cls(f"{text} {source} {offset:019d}")

    @classmethod
    def of(cls, time: datetime, topic: str, partition: int, offset: int) -> Self:
        """Return the position of an event with this (aware) time, found at this place."""
        return cls.at(time, _source(topic, partition), offset)

    @classmethod
    def lowest(cls) -> Position:
        """Return the position that every event outranks."""
        return _LOWEST

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the position that a text stands for; ``ValueError`` if it stands for none."""
        time, source, offset = text.split(" ")
        return cls.at(datetime.fromisoformat(time).replace(tzinfo=UTC), source, int(offset))

    @property
    def time(self) -> datetime:
        """When the event happened, in UTC."""
        return datetime.fromisoformat(self.split(" ")[0]).replace(tzinfo=UTC)

    @property
    def source(self) -> str:
        """The checksum of the topic's name, and the partition."""
        return self.split(" ")[1]

    @property
    def offset(self) -> int:
        """The offset in the partition."""
        return int(self.split(" ")[2])


@lru_cache(maxsize=1024)
def _source(topic: str, partition: int) -> str:
    return f"{crc32(topic.encode()):08x}-{max(partition, 0):06d}"


_LOWEST = Position.at(datetime.min.replace(tzinfo=UTC))


class PositionField(_CharField):
    """A column that holds a ``Position`` in its sortable text form."""

    description = "Position of an event"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", len(_LOWEST))
        kwargs.setdefault("default", Position.lowest)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: Any) -> Position | None:
        """Return the database's text as the position that it is."""
        return None if value is None else Position(value)

    def to_python(self, value: Any) -> Any:
        """Accept a position or its text (fixtures, forms)."""
        return Position.parse(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        """Return the text that the database stores."""
        return None if value is None else str(value)


class SyncedModel(models.Model):
    """A row that events keep up to date and that remembers how far it has followed them.

    ``sync_key`` is the record's natural key in its folded form (``shared.records.fold_key``): the
    one column that rows are matched by. A model whose record has fill-only fields adds
    ``filled_position = PositionField()``, the position of the newest event that knew them.
    """

    sync_key = KeyField()
    position = PositionField()
    created = models.DateTimeField(default=timezone.now, editable=False)
    modified = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
