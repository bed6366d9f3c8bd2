"""Processes the renewal of a plan: License Manager's own function does, and only once."""

from __future__ import annotations

from typing import Any

from enterprise_license_sync.hosts.license_manager.host import (
    LICENSE_MANAGER,
    RENEW,
    Row,
    changed_later,
    locked,
    rows,
    save,
)
from enterprise_license_sync.records import SubscriptionPlanRecord
from shared.exceptions import UnmappableEvent
from shared.outcomes import Outcome
from shared.records import PositionedRecord

_EVENT = "subscription_plan"


def renew(
    plan: Row, item: PositionedRecord[SubscriptionPlanRecord], *, makes_licenses: bool
) -> Outcome:
    """Process the plan's renewal, unless it has been. Raises what License Manager raises."""
    renewals = rows("SubscriptionPlanRenewal").select_for_update()
    # Who calls this has seen that the plan names its follower.
    follower: Any = locked("SubscriptionPlan", item.record.renewed_to_id)  # type: ignore[arg-type]
    renewal = renewals.filter(prior_subscription_plan=plan).first()
    if renewal and renewal.processed:
        if renewal.renewed_subscription_plan_id == follower.pk:
            return Outcome.UNCHANGED
        if changed_later(renewal, ["renewed_subscription_plan_id"], item.position.time):
            return Outcome.STALE
        raise UnmappableEvent(
            f"{_EVENT}.renewed_to_uuid", "License Manager has renewed the plan to another one"
        )
    renewal = renewal or _new_renewal(plan, follower)
    renewal.renewed_subscription_plan = follower
    if not makes_licenses:
        renewal.processed, renewal.processed_datetime = True, item.position.time
    save(renewal, _EVENT)
    if makes_licenses:
        LICENSE_MANAGER.function(RENEW)(renewal)
    return Outcome.APPLIED


def _new_renewal(plan: Row, follower: Row) -> Row:
    return rows("SubscriptionPlanRenewal").model(
        prior_subscription_plan=plan,
        number_of_licenses=max(follower.desired_num_licenses or 0, follower.num_licenses),
        effective_date=follower.start_date,
        renewed_expiration_date=follower.expiration_date,
    )
