"""Which of two events about one row is newer, and the columns that remember it.

The guard itself is in ``shared.upsert``; see ADR 0003.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from zlib import crc32

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    # Django's own field classes take no parameters at run time.
    _CharField = models.CharField["Position", "Position"]
else:
    _CharField = models.CharField

_NO_SOURCE = "00000000-000000"


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """A total order over events: event time, then source (topic and partition), then offset.

    ``str()`` gives the stored form. It has a fixed width and only digits, ``a-f`` and fixed
    punctuation, so that every database's collation sorts it exactly as Python sorts positions.
    """

    time: datetime
    source: str = _NO_SOURCE
    offset: int = 0

    @classmethod
    def of(cls, time: datetime, topic: str, partition: int, offset: int) -> Self:
        """Return the position of an event with this (aware) time, found at this place."""
        source = f"{crc32(topic.encode()):08x}-{max(partition, 0):06d}"
        return cls(time.astimezone(UTC), source, offset)

    @classmethod
    def lowest(cls) -> Self:
        """Return the position that every event outranks."""
        return cls(datetime.min.replace(tzinfo=UTC))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the position that ``str()`` wrote."""
        time, source, offset = text.split(" ")
        return cls(datetime.fromisoformat(time).replace(tzinfo=UTC), source, int(offset))

    def __str__(self) -> str:
        time = self.time.replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{time} {self.source} {self.offset:019d}"


class PositionField(_CharField):
    """A column that holds a ``Position`` in its sortable text form."""

    description = "Position of an event"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", len(str(Position.lowest())))
        kwargs.setdefault("default", Position.lowest)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: Any) -> Position | None:
        """Return the position that the database's text stands for."""
        return None if value is None else Position.parse(value)

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

    sync_key = models.CharField(max_length=255, unique=True, editable=False)
    position = PositionField()
    created = models.DateTimeField(default=timezone.now, editable=False)
    modified = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
