"""License Manager makes the licenses that a plan wants, as the last act of writing its event."""

from __future__ import annotations

from django.db import transaction

from enterprise_license_sync.hosts.license_manager.host import LICENSE_MANAGER, PROVISION, Row
from shared.producing import unsilenced

AT_ONCE = 300
"""So many are made by the function itself; what is more License Manager leaves to Celery."""

COUNTDOWN = 300
"""After how many seconds Celery looks once more: then the plan is committed."""


def provision(plan: Row) -> None:
    """Make the licenses that a plan wants. Raises while Celery's broker is away, if it is needed.

    A few are made in the transaction of the plan. For many Celery is asked twice, for each time it
    makes what is still missing: once the plan is committed, as License Manager itself does; and now
    for later, should this process end before it has asked the first time.
    """
    missing = (plan.desired_num_licenses or 0) - plan.num_licenses
    if missing <= AT_ONCE:
        with unsilenced():  # no event has told of these
            plan.provision_licenses()
    elif not plan.last_freeze_timestamp:  # which the task itself doesn't look at
        wanted = {"subscription_plan_uuid": plan.pk}
        task = LICENSE_MANAGER.function(PROVISION)
        # A Celery task: a function that can do more than be called.
        task.apply_async(kwargs=wanted, countdown=COUNTDOWN)  # type: ignore[attr-defined]
        transaction.on_commit(plan.provision_licenses, robust=True)
