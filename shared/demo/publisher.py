"""Publishes a stream: events through the stock producer, raw messages through a plain one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Event as Flag
from time import monotonic

from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema
from edx_event_bus_kafka import create_producer
from openedx_events.event_bus import EventBusProducer
from openedx_events.event_bus.avro.serializer import (
    AvroSignalSerializer,
    serialize_event_data_to_bytes,
)

from shared.demo.stream import AvroValue, Planned, RawMessage, StockEvent
from shared.kafka.config import full_topic, schema_registry_client

_MOST_UNDER_WAY = 10_000
"""The embedded broker keeps about 5 MB a partition and drops the oldest messages without a word."""

_PAUSE = 0.05


class Publisher:
    """Publishes at ``rate`` messages a second, 0 for as fast as it goes, and never far ahead.

    ``settled`` says how many the workers have settled. Built from the settings as they are then.
    """

    def __init__(self, *, bootstrap_servers: str, rate: float, settled: Callable[[], int]) -> None:
        self.published = 0
        self._rate = rate
        self._settled = settled
        self._stopped = Flag()
        self._plain = Producer({"bootstrap.servers": bootstrap_servers, "log_level": 0})
        self._registry = schema_registry_client()

    def publish(self, stream: Iterable[Planned]) -> None:
        """Publish everything, in order, until ``stop``; returns when the broker has it."""
        # Local, for it complains of a broker that is gone: it goes with this method, before that.
        stock, start = create_producer(), monotonic()
        for planned in stream:
            self._wait_for_turn(start)
            if self._stopped.is_set():
                break
            self._send(planned, stock)
            self.published += 1
        self._registry.close()
        self._plain.flush()
        stock.prepare_for_shutdown()

    def stop(self) -> None:
        """Let ``publish`` end soon."""
        self._stopped.set()

    def _wait_for_turn(self, start: float) -> None:
        if self._rate:
            self._stopped.wait(max(0.0, start + self.published / self._rate - monotonic()))
        while self.published - self._settled() > _MOST_UNDER_WAY:
            if self._stopped.wait(_PAUSE):
                return

    def _send(self, planned: Planned, stock: EventBusProducer) -> None:
        message = planned.message
        if isinstance(message, StockEvent):
            stock.send(
                signal=message.signal,
                topic=planned.topic,
                event_key_field=message.key_field,
                event_data=message.data,
                event_metadata=message.metadata,
            )
        else:
            self._send_raw(message, full_topic(planned.topic))

    def _send_raw(self, message: RawMessage, topic: str) -> None:
        value = message.value
        if isinstance(value, AvroValue):
            value = self._encode(value, topic)
        # A key of its own spreads these over the partitions.
        key = message.event_id.encode()
        self._plain.produce(topic, key=key, value=value, headers=list(message.headers))
        self._plain.poll(0)

    def _encode(self, value: AvroValue, topic: str) -> bytes:
        schema = Schema(AvroSignalSerializer(value.signal).schema_string(), "AVRO")
        schema_id = self._registry.register_schema(f"{topic}-{value.signal.event_type}", schema)
        data: bytes = serialize_event_data_to_bytes(value.data, value.signal)
        return b"\0" + int(schema_id).to_bytes(4, "big") + data
