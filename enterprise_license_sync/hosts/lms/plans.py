"""Writes plans to the room's own tables, and ends what licenses of those that are over paid for.

That a plan is over is said by its dates and by the time at which an event was told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from enterprise_license_sync.hosts.lms.ending import end_enrollments
from enterprise_license_sync.hosts.lms.host import LMS, LmsOptions, Row, said
from enterprise_license_sync.records import SubscriptionPlanRecord
from shared.exceptions import PoisonError
from shared.hosts import HostDestination
from shared.ordering import Position
from shared.outcomes import Outcome, WriteResult
from shared.records import PositionedRecord

FOLLOWED = (Outcome.APPLIED, Outcome.UNCHANGED)
"""How an event ends that the row has followed; one that comes again ends what is left to end."""


@dataclass(frozen=True, slots=True)
class Family:
    """A plan, those it was renewed from and those it is renewed to, as far as they are known.

    Enrollments stay with the license under which they were made, so a plan that was renewed is over
    when its last follower is: so License Manager has it.
    """

    plans: tuple[Row, ...]

    @classmethod
    def of(cls, plan_uuid: UUID) -> Family:
        """Return the family of a plan, which is there."""
        from enterprise_license_sync.standalone.models import SubscriptionPlan

        family: dict[UUID, Row] = {}
        wanted = Q(plan_uuid=plan_uuid)
        while found := list(SubscriptionPlan.objects.filter(wanted).exclude(plan_uuid__in=family)):
            family |= {plan.plan_uuid: plan for plan in found}
            followers = [plan.renewed_to_id for plan in found if plan.renewed_to_id]
            wanted = Q(plan_uuid__in=followers) | Q(renewed_to_id__in=[p.plan_uuid for p in found])
        return cls(tuple(family.values()))

    @property
    def end(self) -> datetime:
        """The last moment of the last plan."""
        last: datetime = max(plan.expiration_date for plan in self.plans)
        return last

    def is_over(self, *positions: Position) -> bool:
        """Return whether an event was told after the end, and no plan is still to come."""
        told = max(*positions, *(plan.position for plan in self.plans)).time
        known = {plan.plan_uuid for plan in self.plans}
        return told >= self.end and all(
            plan.renewed_to_id in known for plan in self.plans if plan.renewed_to_id
        )


def _write(
    records: Sequence[PositionedRecord[SubscriptionPlanRecord]], options: LmsOptions
) -> list[WriteResult]:
    from enterprise_license_sync.standalone.destination import write_subscription_plans

    results = write_subscription_plans(records)
    return [
        _follow(item, result) if result in FOLLOWED else result
        for item, result in zip(records, results, strict=True)
    ]


def _follow(item: PositionedRecord[SubscriptionPlanRecord], result: WriteResult) -> WriteResult:
    """Return how an event of a plan ends, which its row has followed."""
    family = Family.of(item.record.plan_uuid)
    refused = _end(family) if family.is_over(item.position) else {}
    return next(iter(refused.values()), result)


def _end(family: Family) -> dict[UUID, PoisonError]:
    """End what the licenses of a family paid for; return what the LMS refuses."""
    from enterprise_license_sync.producers.lms import publish_enrollments
    from enterprise_license_sync.standalone.models import License

    licenses = License.objects.filter(plan__in=family.plans)
    keys = list(licenses.values_list("license_uuid", flat=True))
    refused = end_enrollments(keys, family.end)

    def publish() -> None:
        publish_enrollments(keys)

    # Not in here, where nothing is published: these are the LMS's own news, and no echo.
    transaction.on_commit(publish)
    return refused


def _read(
    records: Sequence[SubscriptionPlanRecord], options: LmsOptions
) -> list[Mapping[str, Any] | None]:
    from enterprise_license_sync.standalone.models import SubscriptionPlan

    keys = [record.plan_uuid for record in records]
    found = SubscriptionPlan.objects.in_bulk(keys, field_name="plan_uuid")
    return [said(found.get(record.plan_uuid), record) for record in records]


SUBSCRIPTION_PLANS = HostDestination(
    consumer="subscription-plans", host=LMS, options=LmsOptions, write=_write, read=_read
)
