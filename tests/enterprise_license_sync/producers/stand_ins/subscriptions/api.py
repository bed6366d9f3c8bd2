"""Stands in for ``license_manager.apps.subscriptions.api`` and the modules beside it."""

from __future__ import annotations

from typing import Any

from django.utils.timezone import now
from edx_django_utils.cache import TieredCache

from tests.enterprise_license_sync.producers.stand_ins.subscriptions import event_utils
from tests.enterprise_license_sync.producers.stand_ins.subscriptions.models import HELD, License

_RENEWED = "edx.server.license-manager.license-lifecycle.renewed"


class LicenseRevocationError(Exception):
    """A license can't be revoked."""


class RenewalProcessingError(Exception):
    """A renewal can't be processed."""


def revoke_license(user_license: Any) -> dict[str, Any]:
    """Revoke a license that somebody has, and make another in its place."""
    plan, status = user_license.subscription_plan, user_license.status
    if status == "activated" and not plan.has_revocations_remaining:
        raise LicenseRevocationError("The limit is reached.")
    if status not in HELD:
        raise LicenseRevocationError("Nobody has it.")
    if status == "activated" and plan.is_revocation_cap_enabled:
        plan.num_revocations_applied += 1
        plan.save()
    user_license.revoke()
    plan.increase_num_licenses(1)
    return {"revoked_license": user_license, "original_status": status}


def renew_subscription(subscription_plan_renewal: Any, is_auto_renewed: bool = False) -> None:
    """Copy who has a license of a plan into the one that follows; twice, it fails."""
    renewal = subscription_plan_renewal
    follower = renewal.renewed_subscription_plan
    held = list(renewal.prior_subscription_plan.licenses.filter(status__in=HELD))
    free = list(follower.licenses.all())
    if renewal.number_of_licenses < max(len(held), len(free)):
        raise RenewalProcessingError("Too few licenses.")
    if any(each.status != "unassigned" for each in free):
        raise RenewalProcessingError("Somebody has a license of the follower.")
    follower.save()
    follower.increase_num_licenses(renewal.number_of_licenses - len(free))
    copies = list(zip(held, follower.licenses.all(), strict=False))
    for old, new in copies:
        for name in ("status", "user_email", "lms_user_id", "activation_key"):
            setattr(new, name, getattr(old, name))
        new.assigned_date, old.renewed_to = now(), new
    names = ["status", "user_email", "lms_user_id", "activation_key", "assigned_date"]
    License.bulk_update([new for _, new in copies], names)
    License.bulk_update([old for old, _ in copies], ["renewed_to"])
    event_utils.track_license_changes([new for _, new in copies], _RENEWED)
    renewal.processed, renewal.processed_datetime = True, now()
    renewal.save()


def execute_post_revocation_tasks(revoked_license: Any, original_status: str) -> None:
    """Ask the LMS to end the enrollments: of ``license_manager.apps.api.tasks``."""


def acquire_subscription_plan_lock(plan: Any, django_cache_timeout: int = 300) -> bool:
    """Keep others from assigning licenses of a plan: of ``license_manager.apps.api.utils``."""
    if TieredCache.get_cached_response(f"subscription_plan:{plan.uuid}").is_found:
        return False
    TieredCache.set_all_tiers(f"subscription_plan:{plan.uuid}", "ACQUIRED", django_cache_timeout)
    return True


def release_subscription_plan_lock(plan: Any) -> bool:
    """Let others assign again: of ``license_manager.apps.api.utils``."""
    TieredCache.delete_all_tiers(f"subscription_plan:{plan.uuid}")
    return True
