"""Which events are wanted. Pure: they touch neither the database nor the clock."""

from openedx_events.data import EventsMetadata

from shared.consumer import EventData


def is_wanted(data: EventData, metadata: EventsMetadata) -> bool:
    """Want all: a plan or license that is left out would leave what refers to it waiting."""
    return True
