"""The metrics of a worker, in prometheus-client's registry, as docs/reference/metrics.md lists.

Only ``shared.kafka.vitals`` sets them. Times are in seconds, as Prometheus has it.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

_ROOM = ["room"]
_PARTITION = ["room", "topic", "partition"]


class CountedHistogram(Histogram):
    """A histogram of what somebody has counted by its buckets."""

    def add(self, counts: Mapping[int, int], total: float) -> None:
        """Add values: how many in which bucket, and their sum.

        ``observe`` looks for the bucket of each value and takes two locks, which is much for each
        event.
        """
        self._sum.inc(total)
        for index, count in counts.items():
            self._buckets[index].inc(count)


LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
"""Upper bounds of an event's latency; what is later yet is in one more bucket."""

WORKER_INFO = Gauge(
    "event_sync_worker_info",
    "1 for the worker that this is.",
    ["room", "group", "mode", "worker"],
)
STATE = Gauge(
    "event_sync_worker_state", "1 for the state that the worker is in.", ["room", "state"]
)
LAG = Gauge(
    "event_sync_lag", "Messages of a partition of ours that are not committed yet.", _PARTITION
)
LATENCY = CountedHistogram(
    "event_sync_latency_seconds",
    "From an event's own time until what it says is committed.",
    ["room", "topic"],
    buckets=LATENCY_BUCKETS,
)
BATCH_SIZE = Histogram(
    "event_sync_batch_messages",
    "Messages that were settled in one transaction.",
    _ROOM,
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500),
)
BATCH_DURATION = Histogram(
    "event_sync_batch_seconds",
    "From a batch's messages being there until they are committed, waits included.",
    _ROOM,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)
OUTCOMES = Counter(
    "event_sync_outcomes",
    "Events by how they ended; one that was parked counts again when it ends.",
    ["room", "consumer", "outcome"],
)
RETRIES = Counter(
    "event_sync_retries", "Transient failures, by the step that is taken again.", ["room", "step"]
)
REBALANCES = Counter(
    "event_sync_rebalances", "Times that partitions came or went, by how.", ["room", "kind"]
)
CLIENTS_RENEWED = Counter(
    "event_sync_clients_renewed", "Kafka clients that lost their group for good.", _ROOM
)
PARTITIONS = Gauge("event_sync_partitions", "Partitions that the worker has.", _ROOM)
LAST_POLL = Gauge(
    "event_sync_last_poll_timestamp_seconds", "When the worker last asked for messages.", _ROOM
)
LAST_PROGRESS = Gauge(
    "event_sync_last_progress_timestamp_seconds", "When the worker last committed a batch.", _ROOM
)
LAST_SIGN = Gauge(
    "event_sync_last_sign_timestamp_seconds",
    "When the worker last left its sign of life in the database.",
    _ROOM,
)
PARKED = Gauge("event_sync_parked", "Events that wait for a row.", ["room", "consumer"])
PARKED_AGE = Gauge(
    "event_sync_parked_oldest_age_seconds",
    "For how long the one that was parked first has waited; 0 if there is none.",
    _ROOM,
)
DEAD = Gauge("event_sync_dead_letters", "Dead letters.", ["room", "consumer"])
DEAD_AGE = Gauge(
    "event_sync_dead_letters_oldest_age_seconds",
    "The age of the oldest dead letter; 0 if there is none.",
    _ROOM,
)
