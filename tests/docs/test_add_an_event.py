"""The settings that docs/how_to/add_an_event.md shows are those that openedx-events takes."""

from __future__ import annotations

from typing import Any

import openedx_events
import pytest
from django.test import override_settings
from openedx_events.apps import OpenedxEventsConfig, general_signal_handler
from openedx_events.event_bus.avro.schema import schema_from_signal
from openedx_events.tooling import OpenEdxPublicSignal

from shared.event_schemas import field_at
from shared.publishers import places
from tests.docs.blocks import blocks
from tests.processes import ROOT

[BLOCK] = [
    block
    for block in blocks(ROOT / "docs" / "how_to" / "add_an_event.md")
    if block.language == "python"
]


@pytest.fixture
def config() -> Any:
    """Return the page's producer configuration."""
    settings: dict[str, Any] = {}
    exec(BLOCK.text, {}, settings)
    return settings["EVENT_BUS_PRODUCER_CONFIG"]


def test_openedx_events_takes_it(config: Any) -> None:
    """The event is known, and its sender connected."""
    (event_type,) = config
    signal = OpenEdxPublicSignal.get_signal_by_type(event_type)
    assert not signal.disconnect(general_signal_handler)
    with override_settings(EVENT_BUS_PRODUCER_CONFIG=config):
        OpenedxEventsConfig("openedx_events", openedx_events).ready()
    assert signal.disconnect(general_signal_handler)


def test_worked_example_is_on_the_same_place(config: Any) -> None:
    """Topic and key are those by which the example consumes the event; the key is a field."""
    [((event_type, topic, key_field), enabled)] = places(config)
    signal = OpenEdxPublicSignal.get_signal_by_type(event_type)
    consumers = ROOT / "docs" / "examples" / "reporting_enrollments_sync" / "consumers.py"
    assert enabled
    assert field_at(schema_from_signal(signal), key_field)
    assert f'topic="{topic}"' in consumers.read_text()
    assert f'COURSE_KEY = "{key_field}"' in consumers.read_text()
