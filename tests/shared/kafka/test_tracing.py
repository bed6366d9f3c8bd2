"""What a worker tells monitoring tools, by edx-django-utils' backends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.kafka.tracing import Tracer
from shared.messages import Event
from tests.cluster import Cluster
from tests.grades import TOPIC, Grade

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = ("traceparent", f"00-{TRACE}-{PARENT}-01".encode())
_exporter = InMemorySpanExporter()


@pytest.fixture(scope="module", autouse=True)
def provider() -> None:
    """OpenTelemetry takes one provider per process."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(_exporter))
    trace.set_tracer_provider(provider)


@pytest.fixture
def spans(settings: Any) -> Iterator[InMemorySpanExporter]:
    """Let OpenTelemetry be the backend; what it was told of."""
    settings.OPENEDX_TELEMETRY = ["edx_django_utils.monitoring.OpenTelemetryBackend"]
    _exporter.clear()
    yield _exporter
    _exporter.clear()


def attributes_of(span: ReadableSpan) -> dict[str, Any]:
    """Return a span's attributes."""
    return dict(span.attributes or {})


def test_event_of_a_trace(cluster: Cluster, run_worker: Any, spans: InMemorySpanExporter) -> None:
    """The span belongs to the trace that the message's headers name, and says which event it is."""
    event = Grade().event()
    cluster.produce_event(event, headers=[*event.message.headers, TRACEPARENT])
    cluster.produce_event(Grade(second=1).event())
    cluster.flush()
    run_worker(lambda: cluster.committed() == {0: 2})
    emitted = [span for span in spans.get_finished_spans() if span.name == "event_sync.emit"]
    first, second = emitted
    assert first.parent
    assert f"{first.context.trace_id:032x}" == TRACE
    assert f"{first.parent.span_id:016x}" == PARENT
    assert second.parent is None
    said = attributes_of(first)
    assert {name: said[name] for name in said if name.startswith("kafka_")} == {
        "kafka_topic": TOPIC,
        "kafka_received_message": True,
        "kafka_partition": 0,
        "kafka_offset": 0,
        "kafka_message_id": str(event.metadata.id),
        "kafka_event_type": event.metadata.event_type,
    }
    (settled,) = [span for span in spans.get_finished_spans() if span.name == "event_sync.settle"]
    assert attributes_of(settled)["event_sync_messages"] == 2


@pytest.mark.parametrize("value", [b"", b"nonsense", b"\xff\xfe", b"00-" + b"0" * 32 + b"-0-01"])
def test_damaged_trace_headers(value: bytes, spans: InMemorySpanExporter) -> None:
    """Another's mistake costs the trace, and not the event."""
    with Tracer().event(_with_header("traceparent", value)):
        pass
    (span,) = spans.get_finished_spans()
    assert span.parent is None


def test_without_a_backend(settings: Any) -> None:
    """It costs nothing."""
    settings.OPENEDX_TELEMETRY = []
    assert isinstance(Tracer().event(Grade().event()), nullcontext)
    assert isinstance(Tracer().batch("room", 1), nullcontext)


def _with_header(name: str, value: bytes) -> Event:
    event = Grade().event()
    headers = (*event.message.headers, (name, value))
    return replace(event, message=replace(event.message, headers=headers))
