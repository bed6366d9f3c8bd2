"""The options that ``backfill`` and ``reconcile`` share: which consumer, and which snapshot."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from shared import registry
from shared.consumer import Consumer, Room
from shared.exceptions import ConfigurationError, FatalError
from shared.management.option_values import number, time_of, whole
from shared.rest_source import ApiSource
from shared.snapshots import Snapshot
from shared.sources import FileSource, Source

DEFAULT_MARGIN = 300.0
"""Seconds that are taken off the time of a snapshot; see ADR 0012."""
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """What the options name."""

    room: Room
    consumer: Consumer
    snapshot: Snapshot
    source: Source
    margin: timedelta
    as_of: datetime | None


def add_snapshot_options(parser: ArgumentParser) -> None:
    """Take the room, its consumer, and the snapshot."""
    parser.add_argument("room", metavar="ROOM", help="Name of a room.")
    _add_source(parser)
    _add_reading(parser)
    parser.add_argument("--json", action="store_true", help="Print one JSON object.")


def _add_source(parser: ArgumentParser) -> None:
    """Take whose rows they are, where they lie, and of when they are."""
    parser.add_argument(
        "--consumer", metavar="NAME", help="Whose rows these are; needed if the room has several."
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--from", dest="file", metavar="FILE", help="A file with one JSON object in each line."
    )
    source.add_argument(
        "--from-url", dest="url", metavar="URL", help="A listing of a service's REST API."
    )
    parser.add_argument(
        "--as-of",
        metavar="TIME",
        help="When the making of the file began: ISO 8601 with its zone.",
    )


def _add_reading(parser: ArgumentParser) -> None:
    """Take how the rows are read, and how many are shown."""
    parser.add_argument(
        "--margin",
        type=number(0, 86_400),
        default=DEFAULT_MARGIN,
        metavar="SECONDS",
        help=f"By how much a snapshot's time is put back, for events under way "
        f"({DEFAULT_MARGIN:.0f}).",
    )
    parser.add_argument(
        "--rate",
        type=number(0.001, 1_000_000),
        metavar="N",
        help="Read so many rows a second at most.",
    )
    parser.add_argument(
        "--examples",
        type=whole(0, 999_999),
        default=5,
        metavar="N",
        help="Show so many examples of each kind (5). They have keys, and values but for personal "
        "data.",
    )


def chosen(options: Mapping[str, Any], wait: Callable[[float], bool]) -> Chosen:
    """Return what the options name. Raises ``FatalError`` that names the option."""
    room = registry.get_room(options["room"])
    consumer, snapshot = _consumer(room, options["consumer"])
    as_of = _as_of(options["as_of"])
    if options["file"] is None and as_of:
        raise ConfigurationError(
            "--as-of is for files: an API says itself when it answered.", hint="Leave it out."
        )
    return Chosen(
        room=room,
        consumer=consumer,
        snapshot=snapshot,
        source=_source(options, snapshot, as_of, wait),
        margin=timedelta(seconds=options["margin"]),
        as_of=as_of,
    )


def _consumer(room: Room, name: str | None) -> tuple[Consumer, Snapshot]:
    known = {c.name: (c, c.snapshot) for c in room.consumers if c.snapshot}
    names = ", ".join(known)
    if not known:
        raise ConfigurationError(
            f"No consumer of {room.name} has a snapshot.",
            hint="Declare how rows of its source become events: snapshot=, in consumers.py.",
        )
    if name is None and len(known) != 1:
        raise ConfigurationError(
            "--consumer is needed: which one's rows are these?", hint=f"Name one of {names}."
        )
    if name is not None and name not in known:
        raise ConfigurationError(
            f"--consumer: {name!r} is no consumer of {room.name} with a snapshot.",
            hint=f"There are: {names}.",
        )
    return known[name or next(iter(known))]


def _source(
    options: Mapping[str, Any],
    snapshot: Snapshot,
    as_of: datetime | None,
    wait: Callable[[float], bool],
) -> Source:
    if options["file"] is None:
        return ApiSource(options["url"], wait)
    if as_of is None and not snapshot.modified:
        raise ConfigurationError(
            "--as-of is needed: the rows of such a file don't say when they were so.",
            hint="Say when the making of the file began, as in --as-of 2026-01-31T12:00:00Z.",
        )
    return FileSource(Path(options["file"]), as_of)


def _as_of(text: str | None) -> datetime | None:
    time = time_of("--as-of", text)
    if time and not _EARLIEST < time <= timezone.now():
        raise FatalError(f"--as-of: no file was made at {text}.", hint="Say when this one was.")
    return time
