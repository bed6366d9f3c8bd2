"""The declaration agrees with the events and with the registry of rooms."""

from __future__ import annotations

import pytest

from enterprise_license_sync.consumers import LICENSED_ENROLLMENTS, LICENSES, SUBSCRIPTION_PLANS
from shared.checks import check_event_keys
from shared.conf import get_settings
from tests.enterprise_license_sync.events import TOPIC
from tests.shared.events.enterprise.test_data import DECLARED


def test_every_event_has_one_route():
    """All thirteen are consumed, each by one consumer."""
    routes = [*SUBSCRIPTION_PLANS.routes, *LICENSES.routes, *LICENSED_ENROLLMENTS.routes]
    types = [route.signal.event_type for route in routes]
    assert sorted(types) == sorted(each.signal.event_type for each in DECLARED)


def test_room_is_registered_parents_first(room):
    """Installing the application is all it takes; a family in one batch is written in order."""
    assert room.consumers == (SUBSCRIPTION_PLANS, LICENSES, LICENSED_ENROLLMENTS)
    assert room.topics == (TOPIC,)


@pytest.mark.parametrize(
    ("consumer", "name"),
    [
        ("subscription-plans", "write_subscription_plans"),
        ("licenses", "write_licenses"),
        ("licensed-enrollments", "write_licensed_enrollments"),
    ],
)
def test_destination_is_configured(consumer, name):
    """The reference project writes to the room's own tables."""
    assert get_settings().destination_of(consumer).__name__ == name


def test_every_key_is_the_plan():
    """A plan, its licenses and their enrollments meet in one partition."""
    routes = [*SUBSCRIPTION_PLANS.routes, *LICENSES.routes, *LICENSED_ENROLLMENTS.routes]
    for route in routes:
        (name,) = route.signal.init_data
        assert route.key_field == f"{name}.plan_uuid"
    assert check_event_keys() == []
