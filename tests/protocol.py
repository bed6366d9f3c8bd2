"""What the embedded broker lets a test do only by librdkafka's C interface (``rdkafka_mock.h``).

Requests are named by their numbers in Kafka's protocol.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from shared.embedded import EmbeddedBroker


def let_fail(broker: EmbeddedBroker, request: int, *codes: int) -> None:
    """Answer the next requests of a kind, by its number in Kafka's protocol, with these errors."""
    errors = (ctypes.c_int * len(codes))(*codes)
    broker._library.rd_kafka_mock_push_request_errors_array(
        ctypes.c_void_p(broker._cluster),
        ctypes.c_int16(request),
        ctypes.c_size_t(len(codes)),
        errors,
    )


def produce_with_header_name(broker: EmbeddedBroker, topic: str, name: bytes) -> None:
    """Put a message into partition 0 whose header's name need not be text, unlike a Producer's."""
    library = broker._library
    reason = ctypes.create_string_buffer(512)
    configuration = library.rd_kafka_conf_new()
    address = broker.bootstrap_servers.encode()
    library.rd_kafka_conf_set(configuration, b"bootstrap.servers", address, reason, 512)
    client = ctypes.c_void_p(library.rd_kafka_new(0, configuration, reason, 512))
    # Pairs of RD_KAFKA_VTYPE and value: topic, partition, value and size (copied), header.
    code = library.rd_kafka_producev(
        client,
        *(1, ctypes.c_char_p(topic.encode())),
        *(3, ctypes.c_int32(0)),
        *(4, ctypes.c_char_p(b"value"), ctypes.c_size_t(5)),
        *(7, 2),
        *(9, ctypes.c_char_p(name), ctypes.c_char_p(b"value"), ctypes.c_ssize_t(5)),
        0,
    )
    assert (code, library.rd_kafka_flush(client, 10_000)) == (0, 0)
    library.rd_kafka_destroy(client)


@contextmanager
def requests_to(broker: EmbeddedBroker) -> Iterator[list[int]]:
    """Fill a list with the protocol's numbers of the requests that come while the block runs."""
    library, cluster = broker._library, ctypes.c_void_p(broker._cluster)
    library.rd_kafka_mock_get_requests.restype = ctypes.POINTER(ctypes.c_void_p)
    found: list[int] = []
    library.rd_kafka_mock_start_request_tracking(cluster)
    yield found
    size = ctypes.c_size_t()
    requests = library.rd_kafka_mock_get_requests(cluster, ctypes.byref(size))
    found += [
        library.rd_kafka_mock_request_api_key(ctypes.c_void_p(requests[index]))
        for index in range(size.value)
    ]
    library.rd_kafka_mock_stop_request_tracking(cluster)
