"""Event metadata from and to the CloudEvents headers of a message (OEP-41).

Stricter than the upstream reader where our promises need it: a missing ``ce_time`` would make an
old event the newest one, so it is an error here and not "now".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from openedx_events.data import EventsMetadata

from shared.exceptions import UndecodableMessage
from shared.keeping import Kept

Headers = tuple[tuple[str, bytes | None], ...]

_REQUIRED = ("ce_type", "ce_id", "ce_time")
_READ = (*_REQUIRED, "ce_source", "sourcehost", "ce_minorversion", "sourcelib")
_ABSENT = object()
"""The value of a header that isn't there; one that is there may have ``None``."""


def event_type_of(headers: Headers) -> str:
    """Return the event type. Raises ``UndecodableMessage`` naming the header."""
    return _required("ce_type", _values(headers, ("ce_type",)).get("ce_type", _ABSENT))


def metadata_of(headers: Headers) -> EventsMetadata:
    """Return the metadata of a message. Raises ``UndecodableMessage`` naming the header.

    ``ce_type``, ``ce_id`` and ``ce_time`` are required, once each; the others have upstream's
    defaults.
    """
    values = _values(headers, _READ)
    of_all = _of_all[
        values.get("ce_type", _ABSENT),
        values.get("ce_source", _ABSENT),
        values.get("sourcehost", _ABSENT),
        values.get("ce_minorversion", _ABSENT),
        values.get("sourcelib", _ABSENT),
    ]
    # As attrs.evolve makes it, without asking again whether what all have in common is valid:
    # that takes longer than all else that is done with the headers.
    metadata = object.__new__(EventsMetadata)
    metadata.__dict__.update(
        of_all.__dict__,
        id=_parse_id(values.get("ce_id", _ABSENT)),
        time=_parse_time(values.get("ce_time", _ABSENT)),
    )
    return metadata


def headers_of(metadata: EventsMetadata) -> Headers:
    """Return the headers that ``metadata_of`` reads back."""
    values = {
        "ce_type": metadata.event_type,
        "ce_id": str(metadata.id),
        "ce_time": metadata.time.isoformat(),
        "ce_source": metadata.source,
        "ce_minorversion": str(metadata.minorversion),
        "sourcehost": metadata.sourcehost,
        "sourcelib": ".".join(map(str, metadata.sourcelib)),
    }
    return tuple((name, value.encode()) for name, value in values.items())


def _values(headers: Headers, names: Iterable[str]) -> dict[str, Any]:
    """Return the values by name; of these names none may come twice."""
    values = dict(headers)
    if len(values) < len(headers):
        times = Counter(name for name, _ in headers)
        for name in names:
            if times[name] > 1:
                allowed = "needed once" if name in _REQUIRED else "at most once allowed"
                raise UndecodableMessage(f"header {name}: found {times[name]} times, {allowed}")
    return values


def _make_of_all(values: tuple[Any, ...]) -> EventsMetadata:
    """Return what all events with these headers have in common; its id and time are no event's."""
    event_type, source, sourcehost, minorversion, sourcelib = values
    optional = {
        "source": _optional("ce_source", source),
        "sourcehost": _optional("sourcehost", sourcehost),
        "minorversion": _parse_int("ce_minorversion", minorversion),
        "sourcelib": _parse_version("sourcelib", sourcelib),
    }
    return EventsMetadata(
        event_type=_required("ce_type", event_type),
        **{name: value for name, value in optional.items() if value is not None},
    )


def _length(values: tuple[Any, ...]) -> int:
    return sum(len(value) for value in values if isinstance(value, bytes))


_of_all = Kept(_make_of_all, most=256, length=_length)


def _required(name: str, value: Any) -> str:
    if value is _ABSENT:
        raise UndecodableMessage(f"header {name}: found 0 times, needed once")
    if not value:
        raise UndecodableMessage(f"header {name}: is empty")
    return _text(name, value)


def _optional(name: str, value: Any) -> str | None:
    return None if value is _ABSENT else _text(name, value or b"")


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise UndecodableMessage(f"header {name}: not UTF-8") from error


def _parse_id(value: Any) -> UUID:
    try:
        return UUID(_required("ce_id", value))
    except ValueError as error:
        raise UndecodableMessage("header ce_id: not a UUID") from error


def _parse_time(value: Any) -> datetime:
    try:
        time = datetime.fromisoformat(_required("ce_time", value))
        if time.tzinfo is None:
            raise UndecodableMessage("header ce_time: has no time zone")
        return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UndecodableMessage("header ce_time: not an ISO 8601 time") from error


def _parse_int(name: str, value: Any) -> int | None:
    text = _optional(name, value)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise UndecodableMessage(f"header {name}: not a whole number") from error


def _parse_version(name: str, value: Any) -> tuple[int, ...] | None:
    text = _optional(name, value)
    try:
        return None if text is None else tuple(map(int, text.split(".")))
    except ValueError as error:
        raise UndecodableMessage(f"header {name}: not a version") from error
