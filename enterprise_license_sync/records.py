"""What a row of the room says, and which steps from one status to another are to be expected."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import TextChoices

from shared.records import Key, personal


class PlanStatus(TextChoices):
    """The state of a plan; that it has expired is said by its dates."""

    INACTIVE = "inactive", "Inactive"
    ACTIVE = "active", "Active"
    DELETED = "deleted", "Deleted"


class LicenseStatus(TextChoices):
    """The state of a license in License Manager's words, and deleted, for which it has none."""

    UNASSIGNED = "unassigned", "Unassigned"
    ASSIGNED = "assigned", "Assigned"
    ACTIVATED = "activated", "Activated"
    REVOKED = "revoked", "Revoked"
    DELETED = "deleted", "Deleted"


HELD = (LicenseStatus.ASSIGNED, LicenseStatus.ACTIVATED)
"""While a license is some learner's. Only then is it good, and only then is an email kept."""

PLAN_STEPS: Mapping[str, frozenset[PlanStatus]] = {
    PlanStatus.INACTIVE: frozenset({PlanStatus.ACTIVE}),
    PlanStatus.ACTIVE: frozenset({PlanStatus.INACTIVE}),
    PlanStatus.DELETED: frozenset({PlanStatus.INACTIVE, PlanStatus.ACTIVE}),
}
"""For each status of a plan those it may follow. Any other step is taken, too, and flagged."""

LICENSE_STEPS: Mapping[str, frozenset[LicenseStatus]] = {
    # Retirement and unassigning put a license back.
    LicenseStatus.UNASSIGNED: frozenset(
        {LicenseStatus.ASSIGNED, LicenseStatus.ACTIVATED, LicenseStatus.REVOKED}
    ),
    LicenseStatus.ASSIGNED: frozenset({LicenseStatus.UNASSIGNED}),
    # A license may be assigned and activated at once, and a renewal copies activated ones.
    LicenseStatus.ACTIVATED: frozenset({LicenseStatus.UNASSIGNED, LicenseStatus.ASSIGNED}),
    LicenseStatus.REVOKED: frozenset({LicenseStatus.ASSIGNED, LicenseStatus.ACTIVATED}),
    LicenseStatus.DELETED: frozenset(set(LicenseStatus) - {LicenseStatus.DELETED}),
}
"""For each status of a license those it may follow. Any other step is taken, too, and flagged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionPlanRecord:
    """A subscription plan; its licenses are good from ``start_date`` to ``expiration_date``."""

    plan_uuid: UUID
    title: str
    enterprise_customer_uuid: UUID
    enterprise_catalog_uuid: UUID | None
    start_date: datetime
    expiration_date: datetime
    desired_num_licenses: int
    status: PlanStatus
    renewed_to_id: UUID | None

    @property
    def key(self) -> Key:
        """The plan's UUID."""
        return (self.plan_uuid,)


@dataclass(frozen=True, kw_only=True, slots=True)
class LicenseRecord:
    """A license of a plan. ``user_email`` is in lower case, and empty where the row needs none."""

    license_uuid: UUID
    plan_id: UUID
    status: LicenseStatus
    lms_user_id: int | None = personal()
    user_email: str = personal()
    assigned_date: datetime | None
    activation_date: datetime | None
    revoked_date: datetime | None
    renewed_to_id: UUID | None

    @property
    def key(self) -> Key:
        """The license's UUID."""
        return (self.license_uuid,)


def without_learner(record: LicenseRecord) -> LicenseRecord | None:
    """Return what a license says without its learner, or ``None`` while it is that learner's.

    Revoked, unassigned or deleted it counts for its plan, and may go to somebody else.
    """
    if record.status in HELD:
        return None
    return replace(record, lms_user_id=None, user_email="")


@dataclass(frozen=True, kw_only=True, slots=True)
class LicensedEnrollmentRecord:
    """A learner's enrollment in a course run, and whether the license still pays for it."""

    license_id: UUID
    lms_user_id: int
    course_key: str
    mode: str
    is_active: bool
    is_revoked: bool

    @property
    def key(self) -> Key:
        """License, learner and course run: a license may be given to another learner."""
        return (self.license_id, self.lms_user_id, self.course_key)
