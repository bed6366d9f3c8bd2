"""Lists what is installed: rooms, consumers, events, topics, groups and modes."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from rich.table import Table

from shared import registry
from shared.catalogue import subscriber
from shared.management.endings import fatal_errors
from shared.management.printing import drawn, print_whole


class Command(BaseCommand):
    """List the consumers of every installed room."""

    help = "List rooms, consumers, events, topics, groups and modes."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --json."""
        parser.add_argument("--json", action="store_true", help="Print one JSON array.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a table, or JSON for programs."""
        with fatal_errors():
            consumers = describe_consumers()
        if options["json"]:
            print_whole(self.stdout, json.dumps(consumers))
            return
        table = Table("room", "consumer", "events", "topic", "group", "mode", "carrier")
        for consumer in consumers:
            events = "\n".join(consumer["events"])
            row = {**consumer, "events": events}
            table.add_row(*(row[str(column.header)] for column in table.columns))
        print_whole(self.stdout, drawn(self.stdout, table))


def describe_consumers() -> list[dict[str, Any]]:
    """Return one dictionary per consumer. Raises ``ConfigurationError``."""
    return [
        {
            **asdict(subscriber(room, consumer)),
            "events": [route.signal.event_type for route in consumer.routes],
            "topic": consumer.topic,
            "supersedes": list(consumer.supersedes),
        }
        for room in registry.rooms()
        for consumer in room.consumers
    ]
