"""What a consumer's test says of its events; ``ConsumerContract`` needs no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from django.db.models import Model
from openedx_events.event_bus.avro.serializer import AvroSignalSerializer
from openedx_events.tooling import OpenEdxPublicSignal

from shared import registry
from shared.consumer import Consumer, EventData, Room, Route
from shared.exceptions import ConfigurationError
from shared.testing.avro import AvroRecord, holds, written
from shared.testing.garbage import Garbage, garbage_of

Row: TypeAlias = Mapping[str, Any]
"""Values of a row by the names of its columns."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """The events of one signal, and the table that they end in.

    ``data(number, state)`` makes the signal's arguments: each ``number`` from 1 on is a row of its
    own, each ``state`` from 0 to 3 something that the row may say; 0 and 1 differ, but for
    ``one_state``. Validated when made.
    """

    signal: OpenEdxPublicSignal
    data: Callable[[int, int], EventData]
    model: type[Model] | None = None
    """The table that the consumer's destination writes."""
    rows: Callable[[], Sequence[Row]] | None = None
    """Returns what is compared instead, for a destination that writes several tables."""
    parent: Sample | None = None
    """The rows that these refer to: row 3 to one of its parent's rows 1 to 3, and so on."""
    unwanted: Sequence[EventData] = ()
    """Arguments of events that the consumer doesn't want."""
    one_state: bool = False
    """Whether an event says no more than its key, as where its type is the row's state; ``data``
    needn't heed its ``state`` then."""
    seen: frozenset[str] = frozenset()
    """Columns that say what the table saw, and so depend on the order of arrival."""
    golden: Path | None = None
    """The schema with which events are on the topic already; without it, that of the code."""
    consumer: str = ""
    """The consumer's name, needed where several consume the event."""

    def __post_init__(self) -> None:
        if not (self.model or self.rows):
            raise ConfigurationError(
                f"The sample of {self.signal.event_type} has neither model nor rows.",
                hint="Give the model that the consumer's destination writes.",
            )

    @property
    def room(self) -> Room:
        """The room of the consumer."""
        return self._found()[0]

    @property
    def route(self) -> Route:
        """The consumer's way from the event to a record."""
        return self._found()[2]

    @property
    def creates_only(self) -> bool:
        """Whether its events only make rows; of a room that isn't registered it is taken not to."""
        return any(route.creates_only for *_, route in self._consumers())

    @property
    def has_states(self) -> bool:
        """Whether one of its events may change what another has made."""
        return not (self.one_state or self.creates_only)

    @property
    def consumer_name(self) -> str:
        """The name of the consumer, whether or not it was given."""
        return self._found()[1].name

    @property
    def topic(self) -> str:
        """The topic, without prefix, on which the consumer gets the event."""
        return self._found()[1].topic

    def record(self) -> AvroRecord:
        """Return the Avro record of an event of row 1. Raises ``ConfigurationError``."""
        serializer = AvroSignalSerializer(self.signal)
        try:
            record: AvroRecord = serializer.to_dict(self.data(1, 0))
            written(serializer.schema, record)
        except Exception as error:  # the squad's code, and what it returns may be anything
            arguments = ", ".join(self.signal.init_data)
            raise ConfigurationError(
                f"The sample's data aren't those of {self.signal.event_type}: {error!r}.",
                hint=f"Return what the signal is sent with, by name: {arguments}.",
            ) from error
        return record

    def garbage(self) -> list[Garbage]:
        """Return garbage for each field that such an event has."""
        record = self.record()
        return [each for each in garbage_of(self.signal) if holds(record, each.path)]

    def all_rows(self) -> list[dict[str, Any]]:
        """Return the rows that there are, every column."""
        if self.rows:
            return [dict(row) for row in self.rows()]
        manager: Any = self.model and self.model._default_manager
        return [dict(row) for row in manager.order_by("pk").values()]

    def _consumers(self) -> list[tuple[Room, Consumer, Route]]:
        return [
            (room, consumer, route)
            for room in registry.rooms()
            for consumer in room.consumers
            if self.consumer in ("", consumer.name)
            and (route := consumer.route_for(self.signal.event_type))
        ]

    def _found(self) -> tuple[Room, Consumer, Route]:
        found = self._consumers()
        if len(found) == 1:
            return found[0]
        names = ", ".join(consumer.name for _, consumer, _ in found) or "none that is registered"
        raise ConfigurationError(
            f"Consumers of {self.signal.event_type}: {names}; the sample means one.",
            hint="Install its app, or name the consumer in the sample.",
        )
