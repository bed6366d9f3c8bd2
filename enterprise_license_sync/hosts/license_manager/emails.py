"""A learner has one license of a plan, and an email goes from one license to another in any order.

License Manager refuses a second license with the same email, and so does this: the event waits for
the license that has it. Two that swap theirs would wait for each other. So a license whose own
event waits, and takes it to another email, is known to give up the one that it has.
"""

from __future__ import annotations

from collections.abc import Sequence

from enterprise_license_sync.hosts.license_manager.host import (
    Row,
    changed_later,
    locked,
    rows,
    save,
)
from enterprise_license_sync.records import HELD, LicenseRecord
from shared.applied import apply_in_order
from shared.exceptions import UnmappableEvent
from shared.models import AppliedEvent
from shared.ordering import Position
from shared.outcomes import MissingParent, Outcome
from shared.records import PositionedRecord, fold_key

_CONSUMER = "licenses"
_LEAVING = "licenses-leaving"
"""Where it is kept which event of a license waits for another license's email."""


def make_room(
    item: PositionedRecord[LicenseRecord], row: Row, email: str | None
) -> MissingParent | None:
    """Return the license that has to give up an email before the row can have it, if there is one.

    Raises ``UnmappableEvent`` where there is no email to tell them apart.
    """
    others = _others(item.record, row, email)
    staying = [other for other in others if not _is_leaving(other)]
    if staying and not email:
        raise UnmappableEvent(
            "license.user_email",
            "is empty, and so is that of another assigned or activated license of the plan, of "
            "which License Manager takes one: let the publisher tell the email",
        )
    for other in staying or others:
        if staying or not email or not _free(other):
            apply_in_order(_LEAVING, [item], lambda _: Outcome.APPLIED)
            return MissingParent(_CONSUMER, (other.pk,))
    return None


def _others(record: LicenseRecord, row: Row, email: str | None) -> Sequence[Row]:
    held = rows("License").filter(subscription_plan_id=record.plan_id, status__in=HELD)
    same = held.filter(user_email__iexact=email) if email else held.filter(user_email=email)
    return list(same.exclude(pk=row.pk))


def _is_leaving(other: Row) -> bool:
    """Return whether an event waits that is newer than all that the license has followed."""
    leaving, followed = _position_of(_LEAVING, other), _position_of(_CONSUMER, other)
    if leaving is None or (followed is not None and followed >= leaving):
        return False
    return not changed_later(other, ("user_email", "subscription_plan_id"), leaving.time)


def _position_of(consumer: str, row: Row) -> Position | None:
    found = AppliedEvent.objects.filter(sync_key=fold_key((consumer, row.pk)), has_followed=True)
    return next((each.position for each in found), None)


def _free(other: Row) -> bool:
    """Take its email from a license that gives it up; return False while that can't be."""
    row = locked("License", other.pk)
    if row is None or row.user_email != other.user_email:
        return False
    row.user_email = None
    try:
        save(row, "license")
    except UnmappableEvent:
        return False  # another one of the plan has no email for the moment
    return True
