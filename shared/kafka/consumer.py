"""The openedx-events ``EventBusConsumer``, so that stock ``consume_events`` runs our worker."""

from __future__ import annotations

import logging
import sys

from openedx_events.event_bus import EventBusConsumer

from shared.consumer import Mode, Room
from shared.exceptions import ConfigurationError, FatalError


class BatchingKafkaConsumer(EventBusConsumer):  # type: ignore[misc]  # it has no types
    """Consumes one topic for the room that has consumers on it.

    ``topic`` is named without prefix, ``room`` picks one where several rooms consume the topic
    (``consume_events --extra '{"room": "…"}'``). Set
    ``EVENT_BUS_CONSUMER = "shared.kafka.BatchingKafkaConsumer"``.
    """

    # openedx-events turns an exception raised here into a warning, so nothing is checked yet.
    def __init__(self, topic: str, group_id: str, room: str | None = None) -> None:
        self._topic = topic
        self._group = group_id
        self._room = room

    def consume_indefinitely(self) -> None:
        """Run the worker until it is told to stop. Exits with status 1 on any error.

        ``consume_events`` swallows every ``Exception`` and exits 0, hence ``SystemExit``.
        """
        # This module is imported before the app registry.
        from shared.kafka.watching import watched
        from shared.kafka.worker import Worker

        try:
            worker = Worker(self._find_room(), group=self._group, topics=(self._topic,))
            with watched(worker):
                worker.run()
        except FatalError as error:
            sys.exit(f"Fatal: {error}")
        except Exception:
            logging.getLogger(__name__).exception("The worker failed.")
            sys.exit(1)

    def _find_room(self) -> Room:
        from shared import registry
        from shared.modes import room_in

        asked = (registry.get_room(self._room),) if self._room else registry.rooms()
        rooms = [room for room in asked if self._topic in room.topics]
        if len(rooms) != 1:
            names = ", ".join(room.name for room in rooms) or "no room"
            raise ConfigurationError(
                f"{names} consumes topic {self._topic!r}; one room was expected.",
                hint="See manage.py list_consumers; of several rooms name one: "
                '--extra \'{"room": "…"}\'.',
            )
        if self._topic not in room_in(rooms[0], Mode.LIVE).topics:
            # The group would pass over events that nobody takes.
            raise ConfigurationError(
                f"Room {rooms[0].name!r} has no live consumer of topic {self._topic!r}.",
                hint="EVENT_SYNC['MODES'] makes them shadow, which run_consumers --shadow runs.",
            )
        return rooms[0]
