"""What the room consumes and what it becomes: read this first.

Plans, then their licenses, then what these pay for: the consumers write in this order. All events
have the plan for their key, so that a family shares a partition.
"""

from openedx_events.tooling import OpenEdxPublicSignal

from enterprise_license_sync import filters, mappers, snapshots
from enterprise_license_sync.records import without_learner
from shared.consumer import Consumer, Route, ToRecord
from shared.events.enterprise.signals import (
    LICENSE_ACTIVATED,
    LICENSE_ASSIGNED,
    LICENSE_CREATED,
    LICENSE_DELETED,
    LICENSE_EXPIRED,
    LICENSE_RENEWED,
    LICENSE_REVOKED,
    LICENSED_ENROLLMENT_CHANGED,
    SUBSCRIPTION_PLAN_CHANGED,
    SUBSCRIPTION_PLAN_CREATED,
    SUBSCRIPTION_PLAN_DELETED,
    SUBSCRIPTION_PLAN_EXPIRED,
    SUBSCRIPTION_PLAN_RENEWED,
)
from shared.learners import Identity, Learner, LearnerField

TOPIC = "enterprise-subscription-lifecycle"


def _routes(
    key_field: str, to_record: ToRecord, *signals: OpenEdxPublicSignal
) -> tuple[Route, ...]:
    """Return one route for each signal: all tell the whole state, and so become a record alike."""
    return tuple(
        Route(signal=signal, key_field=key_field, accept=filters.is_wanted, to_record=to_record)
        for signal in signals
    )


SUBSCRIPTION_PLANS = Consumer(
    name="subscription-plans",
    topic=TOPIC,
    routes=_routes(
        "subscription_plan.plan_uuid",
        mappers.from_subscription_plan,
        SUBSCRIPTION_PLAN_CREATED,
        SUBSCRIPTION_PLAN_CHANGED,
        SUBSCRIPTION_PLAN_EXPIRED,
        SUBSCRIPTION_PLAN_RENEWED,
        SUBSCRIPTION_PLAN_DELETED,
    ),
    snapshot=snapshots.SUBSCRIPTION_PLANS,
)

LICENSES = Consumer(
    name="licenses",
    topic=TOPIC,
    routes=_routes(
        "license.plan_uuid",
        mappers.from_license,
        LICENSE_CREATED,
        LICENSE_ASSIGNED,
        LICENSE_ACTIVATED,
        LICENSE_REVOKED,
        LICENSE_EXPIRED,
        LICENSE_RENEWED,
        LICENSE_DELETED,
    ),
    snapshot=snapshots.LICENSES,
    learner=Learner(
        (
            LearnerField(Identity.LMS_USER_ID, "license.lms_user_id", "lms_user_id", blank=None),
            LearnerField(Identity.EMAIL, "license.user_email", "user_email", blank=""),
        ),
        without=without_learner,
    ),
)

LICENSED_ENROLLMENTS = Consumer(
    name="licensed-enrollments",
    topic=TOPIC,
    routes=_routes(
        "licensed_enrollment.plan_uuid",
        mappers.from_licensed_enrollment,
        LICENSED_ENROLLMENT_CHANGED,
    ),
    snapshot=snapshots.LICENSED_ENROLLMENTS,
)
