"""Writes subscription plans: the plan itself, and its renewal where it has been renewed.

``expiration_processed`` is never written: a plan that is over is License Manager's own
``expire_subscriptions``' to process, which ends the enrollments first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Q

from enterprise_license_sync.hosts.license_manager import last_acts
from enterprise_license_sync.hosts.license_manager.host import (
    LICENSE_MANAGER,
    Row,
    changed_later,
    differing,
    locked,
    rows,
    save,
    was_deleted_later,
)
from enterprise_license_sync.hosts.license_manager.provisioning import provision
from enterprise_license_sync.hosts.license_manager.renewals import renew
from enterprise_license_sync.hosts.license_manager.tracking import told_on_commit
from enterprise_license_sync.records import PlanStatus, SubscriptionPlanRecord
from shared.applied import apply_in_order
from shared.exceptions import ConfigurationError
from shared.hosts import HostDestination
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.records import PositionedRecord

CONSUMER = "subscription-plans"
AGREEMENTS, CATALOGS = "customer-agreements", "enterprise-catalogs"
"""What a plan may wait for and no consumer brings."""
_EVENT = "subscription_plan"
_LINE_ITEM_LENGTH = 18
_DEFAULT_CATALOG = "default_enterprise_catalog_uuid"
_TERM = {"start_date", "expiration_date"}
_STRONGEST_FIRST = (Outcome.APPLIED, Outcome.STALE, Outcome.UNCHANGED)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanOptions:
    """What is a service's own to decide about plans that come by event.

    ``create_agreements`` makes the agreement of a customer who has none; else the plan waits.
    ``make_licenses`` lets License Manager make the licenses of a plan, and copy those of a renewed
    one, as its own API does; for a publisher that tells of each license, too, it is off.
    ``salesforce_line_item`` and ``product`` (its id) are given to plans that are made.
    """

    create_agreements: bool = False
    make_licenses: bool = True
    salesforce_line_item: str | None = None
    product: int | None = None

    def __post_init__(self) -> None:
        item = self.salesforce_line_item
        if item is not None and not _is_line_item(item):
            raise ConfigurationError(
                f"{CONSUMER}: SALESFORCE_LINE_ITEM is none that License Manager takes.",
                hint=f"It has {_LINE_ITEM_LENGTH} characters, of which the first are '00k'.",
            )
        if self.product is not None and type(self.product) is not int:
            raise ConfigurationError(
                f"{CONSUMER}: PRODUCT is no id.",
                hint="Give a product's id, as License Manager's admin shows it.",
            )


def _is_line_item(item: object) -> bool:
    is_long_enough = isinstance(item, str) and len(item) == _LINE_ITEM_LENGTH
    return is_long_enough and str(item).startswith("00k")


def _write(
    records: Sequence[PositionedRecord[SubscriptionPlanRecord]], options: PlanOptions
) -> list[WriteResult]:
    acts: list[last_acts.Act] = []
    with told_on_commit():
        results = apply_in_order(CONSUMER, records, partial(_apply, options=options, acts=acts))
        last_acts.do(acts)
    return results


def _apply(
    item: PositionedRecord[SubscriptionPlanRecord], options: PlanOptions, acts: list[last_acts.Act]
) -> WriteResult:
    record = item.record
    if missing := _missing(record, options):
        return missing
    plan = locked("SubscriptionPlan", record.plan_uuid)
    if plan is None and was_deleted_later("SubscriptionPlan", record.plan_uuid, item.position.time):
        return Outcome.STALE
    agreement = _agreement_of(record) or _new_agreement(record)
    number = plan and plan.desired_num_licenses
    if plan is None:
        plan, outcome = _make(record, agreement, options), Outcome.APPLIED
    else:
        outcome = _follow(plan, item, agreement)
    if plan.desired_num_licenses != number and _makes_licenses(record, options):
        acts.append((plan.pk, partial(provision, plan)))
    outcomes = {outcome}
    if record.renewed_to_id:
        outcomes.add(renew(plan, item, makes_licenses=options.make_licenses))
    return next(each for each in _STRONGEST_FIRST if each in outcomes)


def _missing(record: SubscriptionPlanRecord, options: PlanOptions) -> MissingParent | None:
    """Return what the plan has to wait for. Agreements and catalogues come by no event."""
    agreement, customer = _agreement_of(record), record.enterprise_customer_uuid
    plans = rows("SubscriptionPlan")
    if agreement is None and not options.create_agreements:
        return MissingParent(AGREEMENTS, (customer,))
    catalog = record.enterprise_catalog_uuid or getattr(agreement, _DEFAULT_CATALOG, None)
    if catalog is None and not plans.filter(pk=record.plan_uuid).exists():
        return MissingParent(CATALOGS, (customer,))
    if record.renewed_to_id and not plans.filter(pk=record.renewed_to_id).exists():
        return MissingParent(CONSUMER, (record.renewed_to_id,))
    return None


def _agreement_of(record: SubscriptionPlanRecord) -> Row | None:
    wanted = {"enterprise_customer_uuid": record.enterprise_customer_uuid}
    return rows("CustomerAgreement").filter(**wanted).first()


def _new_agreement(record: SubscriptionPlanRecord) -> Row:
    """Make the agreement of a customer; its name and slug are License Manager's to look up."""
    wanted = {"enterprise_customer_uuid": record.enterprise_customer_uuid}
    agreement = rows("CustomerAgreement").model(**wanted)
    save(agreement, _EVENT)
    return agreement


def _make(record: SubscriptionPlanRecord, agreement: Row, options: PlanOptions) -> Row:
    """Make a plan. Its expiry is still to be processed, whatever its dates say."""
    plan = rows("SubscriptionPlan").model(
        uuid=record.plan_uuid,
        salesforce_opportunity_line_item=options.salesforce_line_item,
        product_id=options.product,
        **_columns(record, agreement),
    )
    save(plan, _EVENT)
    return plan


def _follow(plan: Row, item: PositionedRecord[SubscriptionPlanRecord], agreement: Row) -> Outcome:
    """Let a plan that is there follow the event, but for what License Manager has changed since."""
    changes = differing(plan, _columns(item.record, agreement, plan))
    if not changes:
        return Outcome.UNCHANGED
    newer = changed_later(plan, [*changes, *_TERM], item.position.time)
    if newer & _TERM:
        newer |= _TERM  # of two terms mixed, the end may come before the start
    wanted = {name: value for name, value in changes.items() if name not in newer}
    if not wanted:
        return Outcome.STALE
    for name, value in wanted.items():
        setattr(plan, name, value)
    save(plan, _EVENT, only=wanted)
    return Outcome.APPLIED


def _columns(
    record: SubscriptionPlanRecord, agreement: Row, plan: Row | None = None
) -> dict[str, Any]:
    """Return what the plan's columns shall say. License Manager has no word for a deleted plan."""
    held = plan.enterprise_catalog_uuid if plan else getattr(agreement, _DEFAULT_CATALOG)
    return {
        "title": record.title,
        "start_date": record.start_date,
        "expiration_date": record.expiration_date,
        "enterprise_catalog_uuid": record.enterprise_catalog_uuid or held,
        "customer_agreement_id": agreement.pk,
        "is_active": record.status == PlanStatus.ACTIVE,
        "desired_num_licenses": _number(record, plan),
    }


def _number(record: SubscriptionPlanRecord, plan: Row | None) -> int | None:
    """Return the number of licenses; a plan that wants none certain is told with those it has."""
    number = record.desired_num_licenses
    if plan and plan.desired_num_licenses is None and plan.num_licenses == number:
        return None
    return number


def _makes_licenses(record: SubscriptionPlanRecord, options: PlanOptions) -> bool:
    return options.make_licenses and record.status != PlanStatus.DELETED


def _read(
    records: Sequence[SubscriptionPlanRecord], options: PlanOptions
) -> list[Mapping[str, Any] | None]:
    wanted = Q(pk__in=[record.plan_uuid for record in records])
    found = rows("SubscriptionPlan").filter(wanted).select_related("customer_agreement", "renewal")
    by_key = {plan.pk: plan for plan in found}
    return [(plan := by_key.get(record.plan_uuid)) and _held(plan, record) for record in records]


def _held(plan: Row, record: SubscriptionPlanRecord) -> Mapping[str, Any]:
    inactive = PlanStatus.DELETED if record.status == PlanStatus.DELETED else PlanStatus.INACTIVE
    renewal = getattr(plan, "renewal", None)  # Django says that there is none by AttributeError
    number = plan.desired_num_licenses
    return {
        "title": plan.title,
        "enterprise_customer_uuid": plan.customer_agreement.enterprise_customer_uuid,
        "enterprise_catalog_uuid": plan.enterprise_catalog_uuid,
        "start_date": plan.start_date,
        "expiration_date": plan.expiration_date,
        "desired_num_licenses": plan.num_licenses if number is None else number,
        "status": PlanStatus.ACTIVE if plan.is_active else inactive,
        "renewed_to_id": renewal.renewed_subscription_plan_id
        if renewal and renewal.processed
        else None,
    }


SUBSCRIPTION_PLANS = HostDestination(
    consumer=CONSUMER,
    host=LICENSE_MANAGER,
    options=PlanOptions,
    write=_write,
    read=_read,
    one_by_one=True,
)
