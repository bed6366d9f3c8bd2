"""librdkafka's mock cluster as a broker that other processes can use.

It speaks the real protocol: groups, commits, idempotent and transactional produce. What it doesn't
do: CreateTopics, queries of offsets by time, commits from outside the group, keep more than about
5 MB a partition (it drops the oldest messages), rebalance as fast as a real broker (a join or leave
takes the session timeout less a second, a lost member about twice that; give members a session of
1.5 s). It lives in threads of the process that made it, so it doesn't survive a fork. All members
of a group must use the same assignor: the mock cluster aborts the process otherwise.
"""

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException

from shared.exceptions import FatalError

_PRODUCER = 0
_ALL_BROKERS = -1
_REASON_SIZE = 512

_POINTER, _STRING, _INT, _SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t
_INT32, _INT64 = ctypes.c_int32, ctypes.c_int64

# Function: its result, its arguments. See rdkafka.h and rdkafka_mock.h.
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "rd_kafka_conf_new": (_POINTER, ()),
    "rd_kafka_conf_set": (_INT, (_POINTER, _STRING, _STRING, _STRING, _SIZE)),
    "rd_kafka_new": (_POINTER, (_INT, _POINTER, _STRING, _SIZE)),
    "rd_kafka_destroy": (None, (_POINTER,)),
    "rd_kafka_mock_cluster_new": (_POINTER, (_POINTER, _INT)),
    "rd_kafka_mock_cluster_destroy": (None, (_POINTER,)),
    "rd_kafka_mock_cluster_bootstraps": (_STRING, (_POINTER,)),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, (_POINTER, _INT32)),
    "rd_kafka_mock_topic_create": (_INT, (_POINTER, _STRING, _INT, _INT)),
    "rd_kafka_mock_topic_set_error": (None, (_POINTER, _STRING, _INT)),
    "rd_kafka_mock_partition_delete_records": (_INT, (_POINTER, _STRING, _INT32, _INT64)),
    "rd_kafka_mock_broker_set_down": (_INT, (_POINTER, _INT32)),
    "rd_kafka_mock_broker_set_up": (_INT, (_POINTER, _INT32)),
}


class EmbeddedBrokerUnavailable(FatalError):
    """The embedded broker can't run here."""


def _librdkafka() -> ctypes.CDLL:
    """Load the library that the wheel of confluent-kafka carries, the one already in use."""
    package = Path(confluent_kafka.__file__).parent
    found = [
        *package.parent.glob("confluent_kafka.libs/librdkafka*"),
        *package.glob(".dylibs/librdkafka*"),
    ]
    try:
        library = ctypes.CDLL(str(found[0]))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (IndexError, OSError, AttributeError) as error:
        raise EmbeddedBrokerUnavailable(
            "The embedded broker needs the librdkafka that confluent-kafka's wheels carry.",
            hint="Install one (pip install --force-reinstall --only-binary :all: confluent-kafka), "
            "or set EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS to a real broker.",
        ) from error
    return library


class EmbeddedBroker:
    """A Kafka-protocol broker on 127.0.0.1 that lives until ``close``.

    ``partitions`` is what ``create_topic`` gives a topic by default. A topic that a producer brings
    into being by naming it gets librdkafka's four whatever it says; consumers make none.
    """

    bootstrap_servers: str

    def __init__(self, partitions: int = 4) -> None:
        self._partitions = partitions
        self._library = _librdkafka()
        self._client = self._new_client()
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, 1)
        if not self._cluster:
            self._library.rd_kafka_destroy(self._client)
            raise EmbeddedBrokerUnavailable("The embedded broker found no free port on 127.0.0.1.")
        self._call("rd_kafka_mock_group_initial_rebalance_delay_ms", 0)
        address = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        self.bootstrap_servers = address.decode()

    def _new_client(self) -> int:
        """Make the client that the cluster hangs on; it is silent and connects nowhere."""
        configuration = self._library.rd_kafka_conf_new()
        reason = ctypes.create_string_buffer(_REASON_SIZE)
        self._library.rd_kafka_conf_set(configuration, b"log_level", b"0", reason, _REASON_SIZE)
        client = self._library.rd_kafka_new(_PRODUCER, configuration, reason, _REASON_SIZE)
        if not client:
            raise EmbeddedBrokerUnavailable(f"librdkafka made no client: {reason.value.decode()}")
        return int(client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def create_topic(self, name: str, partitions: int | None = None) -> None:
        """Create a topic of one partition or more; KafkaException if it exists."""
        count = self._partitions if partitions is None else partitions
        if count < 1:
            raise ValueError("A topic has at least one partition.")
        self._call("rd_kafka_mock_topic_create", name.encode(), count, 1)

    def set_topic_error(self, topic: str, error_code: int) -> None:
        """Answer metadata requests for a topic with a code of KafkaError; 0 ends that.

        A topic that isn't there is created by this, so with UNKNOWN_TOPIC_OR_PART it is missing for
        producers too, until the error ends.
        """
        self._call("rd_kafka_mock_topic_set_error", topic.encode(), error_code)

    def delete_records(self, topic: str, partition: int, before_offset: int) -> None:
        """Let a partition start at an offset, as retention does; KafkaException past its end."""
        self._call(
            "rd_kafka_mock_partition_delete_records", topic.encode(), partition, before_offset
        )

    def set_down(self) -> None:
        """Drop all connections and refuse new ones; messages and committed offsets are kept."""
        self._call("rd_kafka_mock_broker_set_down", _ALL_BROKERS)

    def set_up(self) -> None:
        """Accept connections again, at the same address."""
        self._call("rd_kafka_mock_broker_set_up", _ALL_BROKERS)

    def close(self) -> None:
        """Stop the broker and forget its messages; once is enough, twice does no harm."""
        cluster, self._cluster = self._cluster, None
        if cluster:
            self._library.rd_kafka_mock_cluster_destroy(cluster)
            self._library.rd_kafka_destroy(self._client)

    def _call(self, name: str, *arguments: bytes | int) -> None:
        if not self._cluster:
            raise RuntimeError("The embedded broker is closed.")
        function: Callable[..., int | None] = getattr(self._library, name)
        code = function(self._cluster, *arguments)
        if code:
            raise KafkaException(KafkaError(code))
