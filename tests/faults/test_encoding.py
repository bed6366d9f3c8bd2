"""What the fault suite publishes is what the stock producer would."""

from __future__ import annotations

import pytest
from confluent_kafka.serialization import MessageField, SerializationContext
from edx_event_bus_kafka.internal.config import get_schema_registry_client
from edx_event_bus_kafka.internal.producer import get_serializers

from shared.cloudevents import metadata_of
from tests.faults.encoding import START, Encoder
from tests.faults.stream import Said, What
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, BookData, ShelfData

BOOK = Said(What.BOOK, 1500, "A", "1", "Emma", 3)
SHELF = Said(What.SHELF, 0, "A", text="novels")


@pytest.mark.parametrize(
    ("said", "signal", "data"),
    [
        (BOOK, BOOK_CHANGED, {"book": BookData(code="A", isbn="1", title="Emma", price=3)}),
        (SHELF, SHELF_CHANGED, {"shelf": ShelfData(code="A", label="novels")}),
    ],
)
def test_value_is_the_stock_serializers(services, settings, said, signal, data):
    """Byte for byte, the id of the schema in the registry included."""
    settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = services.registry.url
    with get_schema_registry_client():
        (name,) = signal.init_data
        _, serialize = get_serializers(signal, f"{name}.code")
        stock = serialize(data, SerializationContext("encoding", MessageField.VALUE, {}))
    assert Encoder(services.registry.url, "encoding").value(said) == stock


def test_headers_are_those_of_an_event(services):
    """With the message's own time."""
    headers = Encoder(services.registry.url, "encoding").headers(BOOK)
    metadata = metadata_of(tuple(headers))
    assert metadata.event_type == BOOK_CHANGED.event_type
    assert (metadata.time - START).total_seconds() == 1.5
