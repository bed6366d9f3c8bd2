"""What the destinations rely on in License Manager, and how they save a row of it.

Each save is a validated one with a history entry that says whose it was. By the others' entries it
is known what License Manager's own people and jobs have changed, and when.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from django.core.exceptions import ValidationError

from shared.exceptions import UnmappableEvent
from shared.hosts import Host

Row: TypeAlias = Any
"""A row of License Manager's models, which can't be imported here."""

_APPS = "license_manager.apps"
REVOKE = f"{_APPS}.subscriptions.api.revoke_license"
RENEW = f"{_APPS}.subscriptions.api.renew_subscription"
FOLLOW_UP = f"{_APPS}.api.tasks.execute_post_revocation_tasks"
_MODELS = f"{_APPS}.subscriptions.models"
LOCK = f"{_APPS}.api.utils.acquire_subscription_plan_lock"
UNLOCK = f"{_APPS}.api.utils.release_subscription_plan_lock"
PROVISION = f"{_APPS}.subscriptions.tasks.provision_licenses_task"
TRACK = (f"{_MODELS}.track_event", f"{_APPS}.subscriptions.event_utils.track_event")
"""One function, by the names at which License Manager looks for it."""

LICENSE_MANAGER = Host(
    name="License Manager",
    models={
        "subscriptions.CustomerAgreement": (
            "enterprise_customer_uuid",
            "default_enterprise_catalog_uuid",
        ),
        "subscriptions.SubscriptionPlan": (
            "uuid",
            "title",
            "start_date",
            "expiration_date",
            "enterprise_catalog_uuid",
            "customer_agreement",
            "is_active",
            "desired_num_licenses",
            "last_freeze_timestamp",
            "salesforce_opportunity_line_item",
            "product",
        ),
        "subscriptions.SubscriptionPlanRenewal": (
            "prior_subscription_plan",
            "renewed_subscription_plan",
            "number_of_licenses",
            "effective_date",
            "renewed_expiration_date",
            "processed",
            "processed_datetime",
        ),
        "subscriptions.License": (
            "uuid",
            "status",
            "subscription_plan",
            "user_email",
            "lms_user_id",
            "assigned_date",
            "activation_date",
            "activation_key",
            "revoked_date",
            "renewed_to",
        ),
    },
    functions=(
        REVOKE,
        RENEW,
        FOLLOW_UP,
        LOCK,
        UNLOCK,
        PROVISION,
        *TRACK,
        f"{_MODELS}.SubscriptionPlan.provision_licenses",
        f"{_MODELS}.License.revoke",
        f"{_MODELS}.License.reset_to_unassigned",
        f"{_MODELS}.License.clear_historical_pii",
    ),
)

CHANGE_REASON = "event bus"

_NAMES = {
    # "__all__" is a rule over several columns: of a plan, its title in the agreement; of a license,
    # its learner in the plan.
    ("subscription_plan", "__all__"): "title",
    ("license", "__all__"): "user_email",
    ("license", "renewed_to"): "renewed_to_uuid",
}


def rows(name: str) -> Any:
    """Return the manager of one of License Manager's models."""
    return LICENSE_MANAGER.model(f"subscriptions.{name}")._default_manager


def locked(name: str, uuid: UUID) -> Row | None:
    """Lock and return a plan or license, if it is there."""
    return rows(name).select_for_update().filter(pk=uuid).first()


def differing(row: Row, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return of the wanted values those that the row doesn't have."""
    return {name: value for name, value in wanted.items() if getattr(row, name) != value}


def changed_later(row: Row, names: Collection[str], time: datetime) -> set[str]:
    """Return which of these columns License Manager itself has changed after this time."""
    entries = row.history.order_by("history_date", "history_id")
    before = entries.filter(history_date__lte=time).last()
    changed: set[str] = set()
    for entry in entries.filter(history_date__gt=time):
        if entry.history_change_reason != CHANGE_REASON:
            changed |= {name for name in names if before is None or _differ(entry, before, name)}
        before = entry
    return changed


def was_touched_later(row: Row, time: datetime) -> bool:
    """Return whether License Manager itself has saved the row after this time."""
    later = row.history.filter(history_date__gt=time)
    return any(entry.history_change_reason != CHANGE_REASON for entry in later)


def was_deleted_later(name: str, uuid: UUID, time: datetime) -> bool:
    """Return whether License Manager has deleted a plan or license after this time."""
    past: Any = LICENSE_MANAGER.model(f"subscriptions.{name}")
    later = past.history.filter(uuid=uuid, history_type="-", history_date__gt=time)
    return bool(later.exists())


def save(row: Row, event: str, *, only: Collection[str] | None = None) -> None:
    """Save a row, or ``only`` some of its columns. Raises ``UnmappableEvent`` with the field.

    ``event`` is the name of the event's data, which the row's columns are named after. What is
    wrong with a value License Manager says in words that hold it: only the kind is told.
    """
    row._change_reason = CHANGE_REASON
    try:
        row.full_clean()
    except ValidationError as error:
        field, errors = next(iter(error.error_dict.items()))
        kinds = ", ".join(sorted({each.code or "invalid" for each in errors}))
        raise UnmappableEvent(
            f"{event}.{_NAMES.get((event, field), field)}",
            f"is refused by License Manager: {kinds}",
        ) from None
    row.save(update_fields=only and sorted(only))


def _differ(entry: Row, before: Row, name: str) -> bool:
    return bool(getattr(entry, name) != getattr(before, name))
