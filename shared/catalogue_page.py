"""The catalogue as a page in Markdown: the events of each topic, and what each holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shared.catalogue import CatalogueEntry

_INTRODUCTION = """\
# Events

Every event that a room consumes or a service publishes for it, from the rooms' declarations and
the producers' settings. `make reference` writes this page, and the same as an AsyncAPI 3 document:
[asyncapi.yaml](asyncapi.yaml). `manage.py event_catalog` prints what holds in a service of yours:
its topic prefix, its modes and groups, and what it publishes itself.

A consumer is named with its mode and its group. An event that is *off* is published once the
service's `EVENT_BUS_PRODUCER_CONFIG` turns it on.
"""


def page(entries: Sequence[CatalogueEntry]) -> str:
    """Return the page."""
    topics = dict.fromkeys(entry.full_topic for entry in entries)
    sections = [
        "\n".join(_section(topic, [entry for entry in entries if entry.full_topic == topic]))
        for topic in topics
    ]
    return "\n".join([_INTRODUCTION, *sections])


def _section(topic: str, entries: Sequence[CatalogueEntry]) -> Iterator[str]:
    yield f"## `{topic}`\n"
    yield "| event | type | key | published by | consumed by | names a learner |"
    yield "|---|---|---|---|---|---|"
    for entry in entries:
        yield _row(entry)
    yield ""
    for record, of_record in _by_record(entries):
        yield from _fields(record, of_record)


def _row(entry: CatalogueEntry) -> str:
    publishers = (f"{p.service}{'' if p.enabled else ' (off)'}" for p in entry.publishers)
    consumers = (
        f"`{c.consumer}` ({c.mode}, {f'`{c.group}`' if c.group else f'carrier {c.carrier}'})"
        for c in entry.consumers
    )
    cells = (
        f"`{entry.name}`",
        _schema(entry),
        f"`{entry.key_field}`",
        ", ".join(dict.fromkeys(publishers)),
        ", ".join(consumers),
        "yes" if entry.learner_fields else "no",
    )
    return f"| {' | '.join(cells)} |"


def _schema(entry: CatalogueEntry) -> str:
    """Return the type, which leads to the golden schema of an event that is defined here."""
    name = f"`{entry.event_type}`"
    return f"[{name}](../../{entry.golden_schema})" if entry.golden_schema else name


def _by_record(entries: Sequence[CatalogueEntry]) -> list[tuple[str, list[CatalogueEntry]]]:
    """Return events by the records that they hold: those of one family hold the same."""
    alike: dict[Any, list[CatalogueEntry]] = {}
    for entry in entries:
        alike.setdefault((_records(entry), entry.fields, entry.learner_fields), []).append(entry)
    return [(_records(of_record[0]), of_record) for of_record in alike.values()]


def _records(entry: CatalogueEntry) -> str:
    records = (field["type"] for field in entry.schema["fields"])
    return ", ".join(r["name"] if isinstance(r, dict) else str(r) for r in records)


def _fields(record: str, entries: Sequence[CatalogueEntry]) -> Iterator[str]:
    first = entries[0]
    yield f"### `{record}`\n"
    yield f"Of {', '.join(f'`{entry.name}`' for entry in entries)}.\n"
    yield "| field | Avro type | may be null | names a learner |"
    yield "|---|---|---|---|"
    for field in first.fields:
        answers = (field.nullable, field.path in first.learner_fields)
        yield f"| `{field.path}` | {field.type} | {' | '.join(map(_yes, answers))} |"
    yield ""


def _yes(answer: bool) -> str:
    return "yes" if answer else ""
