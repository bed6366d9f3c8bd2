"""Prints which events there are: topic, key, who publishes, who consumes, schema."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import yaml
from django.core.management.base import BaseCommand
from rich.table import Table

from shared.asyncapi import document
from shared.catalogue import CatalogueEntry, Subscriber, catalogue
from shared.catalogue_page import page
from shared.management.endings import fatal_errors
from shared.management.printing import drawn, print_whole
from shared.publishers import Publisher

_COLUMNS = ("topic", "event", "key", "published by", "consumed by", "learner", "schema")


class Command(BaseCommand):
    """List the events of every installed room, from code and settings."""

    help = "List events: topic, key, who publishes and who consumes them, schema."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one format."""
        formats = parser.add_mutually_exclusive_group()
        for name, text in (
            ("json", "Print one JSON array, schemas included."),
            ("asyncapi", "Print an AsyncAPI 3 document, in YAML."),
            ("markdown", "Print a page, with the fields of each event."),
        ):
            formats.add_argument(
                f"--{name}", action="store_const", const=name, dest="format", help=text
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a table, or what was asked for."""
        with fatal_errors():
            entries = catalogue()
        write = _FORMATS.get(options["format"])
        print_whole(self.stdout, write(entries) if write else self._table(entries))

    def _table(self, entries: Sequence[CatalogueEntry]) -> str:
        table = Table()
        for name in _COLUMNS:
            # Not cut short, however little room there is.
            table.add_column(name, overflow="fold")
        for entry in entries:
            table.add_row(
                entry.full_topic,
                entry.event_type,
                entry.key_field,
                "\n".join([*dict.fromkeys(map(_publisher, entry.publishers)), *_here(entry)]),
                "\n".join(map(_consumer, entry.consumers)),
                "yes" if entry.learner_fields else "no",
                entry.golden_schema or entry.signal,
            )
        return drawn(self.stdout, table)


def _publisher(publisher: Publisher) -> str:
    return f"{publisher.service}{'' if publisher.enabled else ', off by default'}"


def _here(entry: CatalogueEntry) -> list[str]:
    if entry.published_here is None:
        return []
    return [f"this service, {'on' if entry.published_here else 'off'}"]


def _consumer(consumer: Subscriber) -> str:
    how = f"group {consumer.group}" if consumer.group else f"carrier {consumer.carrier}"
    return f"{consumer.consumer} ({consumer.mode}, {how})"


def _as_json(entries: Sequence[CatalogueEntry]) -> str:
    return json.dumps([asdict(entry) for entry in entries])


def _as_yaml(entries: Sequence[CatalogueEntry]) -> str:
    """Return the document without YAML's aliases: JSON has none, and people read it."""
    plain = json.loads(json.dumps(document(entries)))
    text: str = yaml.safe_dump(plain, sort_keys=False, width=100)
    return text


_FORMATS: dict[str, Callable[[Sequence[CatalogueEntry]], str]] = {
    "json": _as_json,
    "asyncapi": _as_yaml,
    "markdown": page,
}
