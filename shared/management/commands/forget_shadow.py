"""Deletes what a room's shadow has kept: its comparison is over, or is to begin anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import QuerySet

from shared import registry
from shared.management.endings import fatal_errors
from shared.management.printing import print_whole
from shared.models import ShadowFailure, ShadowRecord
from shared.modes import shadow_name

_CHUNK = 1000


class Command(BaseCommand):
    """Delete the shadow of a room, whatever mode its consumers have by now."""

    requires_system_checks = ()
    help = "Delete what a room's shadow has kept; the host's rows are left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the room."""
        parser.add_argument("room", metavar="ROOM", help="Name of a room.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, in many short transactions, and say how much."""
        with fatal_errors():
            room = registry.get_room(options["room"])
            names = [consumer.name for consumer in room.consumers]
            records = _delete(ShadowRecord.objects.filter(consumer__in=names))
            failures = _delete(ShadowFailure.objects.filter(room=shadow_name(room)))
        print_whole(self.stdout, f"Forgot {records:,} records and {failures:,} failures.")


def _delete(rows: QuerySet[Any]) -> int:
    total = last = 0
    # MariaDB goes through what it has just deleted once more, unless it begins behind that.
    ids = rows.order_by("pk").values_list("pk", flat=True)
    while chunk := list(ids.filter(pk__gt=last)[:_CHUNK]):
        total += rows.filter(pk__in=chunk).delete()[0]
        last = chunk[-1]
    return total
