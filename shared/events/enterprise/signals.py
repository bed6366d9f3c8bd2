"""The ``enterprise`` events that are defined here; naming rules: openedx-events' ADR 2.

All of them belong on the topic ``enterprise-subscription-lifecycle``.
"""

from openedx_events.tooling import OpenEdxPublicSignal

from shared.events.enterprise.data import (
    LicenseData,
    LicensedEnrollmentData,
    SubscriptionPlanData,
)

# .. event_type: org.openedx.enterprise.subscription_plan.created.v1
# .. event_name: SUBSCRIPTION_PLAN_CREATED
# .. event_key_field: subscription_plan.plan_uuid
# .. event_description: Emitted when a subscription plan was made.
# .. event_data: SubscriptionPlanData
# .. event_trigger_repository: openedx-event-sync
SUBSCRIPTION_PLAN_CREATED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.subscription_plan.created.v1",
    data={
        "subscription_plan": SubscriptionPlanData,
    },
)

# .. event_type: org.openedx.enterprise.subscription_plan.changed.v1
# .. event_name: SUBSCRIPTION_PLAN_CHANGED
# .. event_key_field: subscription_plan.plan_uuid
# .. event_description: Emitted when a subscription plan was changed in any way that has no
#      event of its own.
# .. event_data: SubscriptionPlanData
# .. event_trigger_repository: openedx-event-sync
SUBSCRIPTION_PLAN_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.subscription_plan.changed.v1",
    data={
        "subscription_plan": SubscriptionPlanData,
    },
)

# .. event_type: org.openedx.enterprise.subscription_plan.expired.v1
# .. event_name: SUBSCRIPTION_PLAN_EXPIRED
# .. event_key_field: subscription_plan.plan_uuid
# .. event_description: Emitted when a subscription plan's end was processed. What has expired
#      is said by its dates.
# .. event_data: SubscriptionPlanData
# .. event_trigger_repository: openedx-event-sync
SUBSCRIPTION_PLAN_EXPIRED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.subscription_plan.expired.v1",
    data={
        "subscription_plan": SubscriptionPlanData,
    },
)

# .. event_type: org.openedx.enterprise.subscription_plan.renewed.v1
# .. event_name: SUBSCRIPTION_PLAN_RENEWED
# .. event_key_field: subscription_plan.plan_uuid
# .. event_description: Emitted when a subscription plan got a follower, which its data names.
# .. event_data: SubscriptionPlanData
# .. event_trigger_repository: openedx-event-sync
SUBSCRIPTION_PLAN_RENEWED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.subscription_plan.renewed.v1",
    data={
        "subscription_plan": SubscriptionPlanData,
    },
)

# .. event_type: org.openedx.enterprise.subscription_plan.deleted.v1
# .. event_name: SUBSCRIPTION_PLAN_DELETED
# .. event_key_field: subscription_plan.plan_uuid
# .. event_description: Emitted when a subscription plan was deleted; its data is what it was.
# .. event_data: SubscriptionPlanData
# .. event_trigger_repository: openedx-event-sync
SUBSCRIPTION_PLAN_DELETED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.subscription_plan.deleted.v1",
    data={
        "subscription_plan": SubscriptionPlanData,
    },
)

# .. event_type: org.openedx.enterprise.license.created.v1
# .. event_name: LICENSE_CREATED
# .. event_key_field: license.plan_uuid
# .. event_description: Emitted when a license was made.
# .. event_data: LicenseData
# .. event_trigger_repository: openedx-event-sync
LICENSE_CREATED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.license.created.v1",
    data={
        "license": LicenseData,
    },
)

# .. event_type: org.openedx.enterprise.license.assigned.v1
# .. event_name: LICENSE_ASSIGNED
# .. event_key_field: license.plan_uuid
# .. event_description: Emitted when a license was assigned to a learner.
# .. event_data: LicenseData
# .. event_trigger_repository: openedx-event-sync
LICENSE_ASSIGNED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.license.assigned.v1",
    data={
        "license": LicenseData,
    },
)

# .. event_type: org.openedx.enterprise.license.activated.v1
# .. event_name: LICENSE_ACTIVATED
# .. event_key_field: license.plan_uuid
# .. event_description: Emitted when a learner has activated a license.
# .. event_data: LicenseData
# .. event_trigger_repository: openedx-event-sync
LICENSE_ACTIVATED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.license.activated.v1",
    data={
        "license": LicenseData,
    },
)

# .. event_type: org.openedx.enterprise.license.revoked.v1
# .. event_name: LICENSE_REVOKED
# .. event_key_field: license.plan_uuid
# .. event_description: Emitted when a license was taken from its learner.
# .. event_data: LicenseData
# .. event_trigger_repository: openedx-event-sync
LICENSE_REVOKED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.license.revoked.v1",
    data={
        "license": LicenseData,
    },
)

# .. event_type: org.openedx.enterprise.license.expired.v1
# .. event_name: LICENSE_EXPIRED
# .. event_key_field: license.plan_uuid
# .. event_description: Emitted when a license ended with its plan. What has expired is said by
#      the plan's dates.
# .. event_data: LicenseData
# .. event_trigger_repository: openedx-event-sync
LICENSE_EXPIRED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.license.expired.v1",
    data={
        "license": LicenseData,
    },
)

# .. event_type: org.openedx.enterprise.license.renewed.v1
# .. event_name: LICENSE_RENEWED
# .. event_key_field: license.plan_uuid
# .. event_description: Emitted when a license got a follower in another plan, which its data
#      names.
# .. event_data: LicenseData
# .. event_trigger_repository: openedx-event-sync
LICENSE_RENEWED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.license.renewed.v1",
    data={
        "license": LicenseData,
    },
)

# .. event_type: org.openedx.enterprise.license.deleted.v1
# .. event_name: LICENSE_DELETED
# .. event_key_field: license.plan_uuid
# .. event_description: Emitted when a license was deleted; its data is what it was.
# .. event_data: LicenseData
# .. event_trigger_repository: openedx-event-sync
LICENSE_DELETED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.license.deleted.v1",
    data={
        "license": LicenseData,
    },
)

# .. event_type: org.openedx.enterprise.licensed_enrollment.changed.v1
# .. event_name: LICENSED_ENROLLMENT_CHANGED
# .. event_key_field: licensed_enrollment.plan_uuid
# .. event_description: Emitted by the LMS when an enrollment that a license pays for was made
#      or changed, and when its license became known.
# .. event_data: LicensedEnrollmentData
# .. event_trigger_repository: openedx-event-sync
LICENSED_ENROLLMENT_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.enterprise.licensed_enrollment.changed.v1",
    data={
        "licensed_enrollment": LicensedEnrollmentData,
    },
)
