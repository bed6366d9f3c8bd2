"""What the room consumes and what it becomes: read this first.

Plans, then their licenses, then what these pay for: the consumers write in this order. All events
have the plan for their key, so that a family shares a partition.
"""

from enterprise_license_sync import filters, mappers
from shared.consumer import Consumer, Route
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

TOPIC = "enterprise-subscription-lifecycle"

SUBSCRIPTION_PLANS = Consumer(
    name="subscription-plans",
    topic=TOPIC,
    routes=tuple(
        Route(
            signal=signal,
            key_field="subscription_plan.plan_uuid",
            accept=filters.is_wanted,
            to_record=mappers.from_subscription_plan,
        )
        for signal in (
            SUBSCRIPTION_PLAN_CREATED,
            SUBSCRIPTION_PLAN_CHANGED,
            SUBSCRIPTION_PLAN_EXPIRED,
            SUBSCRIPTION_PLAN_RENEWED,
            SUBSCRIPTION_PLAN_DELETED,
        )
    ),
)

LICENSES = Consumer(
    name="licenses",
    topic=TOPIC,
    routes=tuple(
        Route(
            signal=signal,
            key_field="license.plan_uuid",
            accept=filters.is_wanted,
            to_record=mappers.from_license,
        )
        for signal in (
            LICENSE_CREATED,
            LICENSE_ASSIGNED,
            LICENSE_ACTIVATED,
            LICENSE_REVOKED,
            LICENSE_EXPIRED,
            LICENSE_RENEWED,
            LICENSE_DELETED,
        )
    ),
)

LICENSED_ENROLLMENTS = Consumer(
    name="licensed-enrollments",
    topic=TOPIC,
    routes=(
        Route(
            signal=LICENSED_ENROLLMENT_CHANGED,
            key_field="licensed_enrollment.plan_uuid",
            accept=filters.is_wanted,
            to_record=mappers.from_licensed_enrollment,
        ),
    ),
)
