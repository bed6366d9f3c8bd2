"""Event metadata from and to the CloudEvents headers of a message (OEP-41).

Stricter than the upstream reader where our promises need it: a missing ``ce_time`` would make an
old event the newest one, so it is an error here and not "now".
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from openedx_events.data import EventsMetadata

from shared.exceptions import UndecodableMessage

Headers = tuple[tuple[str, bytes | None], ...]
_Grouped = dict[str, list[bytes | None]]


def event_type_of(headers: Headers) -> str:
    """Return the event type. Raises ``UndecodableMessage`` naming the header."""
    return _single(_grouped(headers), "ce_type")


def metadata_of(headers: Headers) -> EventsMetadata:
    """Return the metadata of a message. Raises ``UndecodableMessage`` naming the header.

    ``ce_type``, ``ce_id`` and ``ce_time`` are required, once each; the others have upstream's
    defaults.
    """
    grouped = _grouped(headers)
    optional = {
        "source": _optional(grouped, "ce_source"),
        "sourcehost": _optional(grouped, "sourcehost"),
        "minorversion": _parse_int(grouped, "ce_minorversion"),
        "sourcelib": _parse_version(grouped, "sourcelib"),
    }
    return EventsMetadata(
        event_type=_single(grouped, "ce_type"),
        id=_parse_id(grouped),
        time=_parse_time(grouped),
        **{name: value for name, value in optional.items() if value is not None},
    )


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


def _grouped(headers: Headers) -> _Grouped:
    """Return the values of each header, which may come several times, by its name."""
    grouped: _Grouped = {}
    for name, value in headers:
        grouped.setdefault(name, []).append(value)
    return grouped


def _values(grouped: _Grouped, name: str) -> list[str]:
    try:
        return [(value or b"").decode() for value in grouped.get(name, ())]
    except UnicodeDecodeError as error:
        raise UndecodableMessage(f"header {name}: not UTF-8") from error


def _single(grouped: _Grouped, name: str) -> str:
    values = _values(grouped, name)
    if len(values) != 1:
        raise UndecodableMessage(f"header {name}: found {len(values)} times, needed once")
    if not values[0]:
        raise UndecodableMessage(f"header {name}: is empty")
    return values[0]


def _optional(grouped: _Grouped, name: str) -> str | None:
    values = _values(grouped, name)
    if len(values) > 1:
        raise UndecodableMessage(f"header {name}: found {len(values)} times, at most once allowed")
    return values[0] if values else None


def _parse_id(grouped: _Grouped) -> UUID:
    try:
        return UUID(_single(grouped, "ce_id"))
    except ValueError as error:
        raise UndecodableMessage("header ce_id: not a UUID") from error


def _parse_time(grouped: _Grouped) -> datetime:
    try:
        time = datetime.fromisoformat(_single(grouped, "ce_time"))
        if time.tzinfo is None:
            raise UndecodableMessage("header ce_time: has no time zone")
        return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UndecodableMessage("header ce_time: not an ISO 8601 time") from error


def _parse_int(grouped: _Grouped, name: str) -> int | None:
    text = _optional(grouped, name)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise UndecodableMessage(f"header {name}: not a whole number") from error


def _parse_version(grouped: _Grouped, name: str) -> tuple[int, ...] | None:
    text = _optional(grouped, name)
    try:
        return None if text is None else tuple(map(int, text.split(".")))
    except ValueError as error:
        raise UndecodableMessage(f"header {name}: not a version") from error
