"""How often somebody may ask, in three scopes; a service sets other rates by their names."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from rest_framework.settings import api_settings
from rest_framework.throttling import ScopedRateThrottle


class Scope(StrEnum):
    """What a rate is for; names in ``REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']``."""

    READ = "event_sync"
    REPAIR = "event_sync_repair"
    PAYLOAD = "event_sync_payload"


RATES: dict[str, str | None] = {
    Scope.READ: "120/min",
    Scope.REPAIR: "30/min",
    Scope.PAYLOAD: "30/min",
}
"""What holds where a service says nothing."""


class Throttle(ScopedRateThrottle):
    """Each user has the rate of a view's scope."""

    def get_rate(self) -> str | None:
        """Return the service's rate, or ours; ``None`` doesn't throttle."""
        rate: str | None = {**RATES, **_rates_of_service()}[str(self.scope)]
        return rate


def _rates_of_service() -> dict[str, Any]:
    return dict(api_settings.DEFAULT_THROTTLE_RATES)
