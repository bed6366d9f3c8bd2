"""License Manager's walk: a plan's title, by a provisioning service's calls and by the bus."""

from __future__ import annotations

from datetime import datetime

from shared.messages import Event
from tests.hosts.license_manager.events import START, plan
from tests.hosts.walks.description import Walk


def _event(value: str, time: datetime) -> Event:
    second = (time - START).total_seconds()
    return plan(second, title=value, desired_num_licenses=1)


WALK = Walk(
    room="enterprise_license_sync",
    group="license-manager",
    consumer="subscription-plans",
    consumers=("subscription-plans", "licenses", "licensed-enrollments"),
    settings="license_manager.settings.production",
    variable="LICENSE_MANAGER_CFG",
    block="python",
    is_module=True,
    event=_event,
    is_healed_by_rewind=False,
)
