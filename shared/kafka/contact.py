"""Contact with the coordinator of our group, as librdkafka's statistics tell it."""

from __future__ import annotations

import json
from typing import Any

_INTERVAL = 1.0


class Contact:
    """Lost while librdkafka has known no coordinator for longer than ``patience`` seconds.

    That may be the broker's fault or its own. A broker that isn't back in its cluster yet answers
    that there are no brokers, and librdkafka may then never look for one again:
    https://github.com/confluentinc/librdkafka/issues/5301
    """

    def __init__(self, config: dict[str, Any]) -> None:
        # An attempt to connect may take that long and succeed; the rest is for the handshakes.
        setup = 1.5 * int(config.get("socket.connection.setup.timeout.ms", 30_000))
        # Until then our place in the group is kept.
        session = int(config.get("session.timeout.ms", 0))
        self.patience = max(setup, session) / 1000
        self.options = {
            "statistics.interval.ms": int(_INTERVAL * 1000),
            "stats_cb": self.on_statistics,
        }
        self._without = 0.0
        self._is_given_up = False

    @property
    def is_lost(self) -> bool:
        """Whether there is more to be hoped for from another client."""
        return self._is_given_up or self._without > self.patience

    def give_up(self) -> None:
        """Say it is lost whatever librdkafka says."""
        self._is_given_up = True

    def on_statistics(self, statistics: str) -> None:
        """Take what librdkafka says once per interval.

        Intervals are counted, for a worker that was busy with a batch hears of many at once.
        """
        is_up = json.loads(statistics)["cgrp"]["state"] == "up"
        self._without = 0.0 if is_up else self._without + _INTERVAL
