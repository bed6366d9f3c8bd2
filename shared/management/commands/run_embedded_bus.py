"""Runs a broker and a schema registry to try things with, where there is no Kafka."""

from __future__ import annotations

from time import sleep
from typing import Any

from django.conf import settings as django_settings
from django.core.management.base import BaseCommand

from shared import registry
from shared.embedded.bus import Bus, running_bus
from shared.management.endings import fatal_errors
from shared.stopping import StopRequest

_INTERVAL = 0.1


class Command(BaseCommand):
    """Run both, with the topics of the installed rooms, and say how another terminal gets there."""

    help = (
        "Run a Kafka-protocol broker and a schema registry inside this process, with the topics of "
        "the rooms that are installed when it starts, until SIGTERM or SIGINT. Its standard output "
        "is the environment that leads there, for a shell to read. Its ports are free ones, others "
        "at each start: the broker, librdkafka's, takes none by number. Not for production: it "
        "keeps everything in memory."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run them until told to stop."""
        stop = StopRequest()
        topics = sorted({topic for room in registry.rooms() for topic in room.topics})
        prefix = getattr(django_settings, "EVENT_BUS_TOPIC_PREFIX", None) or ""
        with fatal_errors(), stop.on_signals(), running_bus(topics, prefix=prefix) as bus:
            self._announce(bus)
            while not stop.is_made:
                sleep(_INTERVAL)

    def _announce(self, bus: Bus) -> None:
        for name, value in bus.addresses.items():
            self.stdout.write(f"export {name}={value}")
        topics = ", ".join(bus.topics) or "none, for no room is installed"
        # All in one stream, in the order in which it is read, a pipe's as well.
        self.stdout.write(f"# Topics: {topics}.")
        self.stdout.write("# Ctrl-C ends it; then all that it holds is gone.")
        self.stdout.flush()
