"""Traces and custom attributes, by edx-django-utils' backends, as upstream's consumer sets them.

Nothing is done where no backend is configured.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import django
from django.conf import settings as django_settings
from edx_django_utils.monitoring import function_trace, set_custom_attribute

from shared.cloudevents import Headers
from shared.messages import Event

_TRACE_HEADERS = ("traceparent", "tracestate", "baggage")
_NOTHING = nullcontext()


class Tracer:
    """Traces what a worker does with events and batches."""

    def __init__(self) -> None:
        # .. setting_name: OPENEDX_TELEMETRY
        #   is edx-django-utils' own; unset it means New Relic, which traces where its agent runs.
        backends = getattr(django_settings, "OPENEDX_TELEMETRY", None)
        self._is_on = bool(backends) or (backends is None and "newrelic" in sys.modules)
        self._open_telemetry = any("OpenTelemetry" in path for path in backends or ())

    def event(self, event: Event) -> AbstractContextManager[None]:
        """Trace that an event is emitted, as a part of the trace that its headers name."""
        return self._event(event) if self._is_on else _NOTHING

    def batch(self, room: str, messages: int) -> AbstractContextManager[None]:
        """Trace that a batch is settled."""
        return self._batch(room, messages) if self._is_on else _NOTHING

    @contextmanager
    def _event(self, event: Event) -> Iterator[None]:
        with self._span("event_sync.emit", event.message.headers):
            set_custom_attribute("kafka_topic", event.message.topic)
            set_custom_attribute("kafka_received_message", True)
            set_custom_attribute("kafka_partition", event.message.partition)
            set_custom_attribute("kafka_offset", event.message.offset)
            set_custom_attribute("kafka_message_id", str(event.metadata.id))
            set_custom_attribute("kafka_event_type", event.metadata.event_type)
            set_custom_attribute("django_version", django.__version__)
            set_custom_attribute("python_version", platform.python_version())
            yield

    @contextmanager
    def _batch(self, room: str, messages: int) -> Iterator[None]:
        with self._span("event_sync.settle"):
            set_custom_attribute("event_sync_room", room)
            set_custom_attribute("event_sync_messages", messages)
            yield

    def _span(self, name: str, headers: Headers = ()) -> AbstractContextManager[Any]:
        """Begin a span.

        With OpenTelemetry it is our own: edx-django-utils makes none there before its version 8.1,
        and takes no context from headers in any.
        """
        if not self._open_telemetry:
            span: AbstractContextManager[Any] = function_trace(name)
            return span
        from opentelemetry import propagate, trace  # required by its backend only

        carrier = {k: v.decode("latin-1") for k, v in headers if v and k in _TRACE_HEADERS}
        return trace.get_tracer(__name__).start_as_current_span(
            name, context=propagate.extract(carrier), kind=trace.SpanKind.CONSUMER
        )
