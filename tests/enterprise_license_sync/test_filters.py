"""Which events are wanted."""

from __future__ import annotations

import pytest
from openedx_events.data import EventsMetadata

from enterprise_license_sync import filters
from enterprise_license_sync.consumers import LICENSED_ENROLLMENTS, LICENSES, SUBSCRIPTION_PLANS

ROUTES = [
    route
    for consumer in (SUBSCRIPTION_PLANS, LICENSES, LICENSED_ENROLLMENTS)
    for route in consumer.routes
]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.signal.event_type)
def test_every_event_is_wanted(route):
    """Without looking at its data: what is left out would leave its children waiting."""
    assert route.accept is filters.is_wanted
    assert route.accept({}, EventsMetadata(event_type=route.signal.event_type)) is True
