"""Data of the ``enterprise`` events that are defined here.

Each tells the whole state of what it is about, whatever the event's name says has happened. The
key fields have one name and one type, so that a plan, its licenses and their enrollments share a
partition. There is no ``from __future__ import annotations``: Avro needs the types, not names.
"""

from datetime import datetime
from uuid import UUID

import attrs
from opaque_keys.edx.keys import CourseKey

from shared.events import NullableDatetime, NullableInt, NullableStr, NullableUUID


@attrs.frozen
class SubscriptionPlanData:
    """
    A customer's subscription plan, as a whole.

    Attributes:
        plan_uuid (UUID): the plan.
        title (str): its title.
        enterprise_customer_uuid (UUID): the customer whose plan it is.
        start_date (datetime): the first moment at which its licenses are good.
        expiration_date (datetime): the last one.
        is_active (bool): whether the plan is in use at all.
        desired_num_licenses (int): how many licenses the plan is to have.
        enterprise_catalog_uuid (UUID): what the licenses are good for. Defaults to None: unknown.
        renewed_to_uuid (UUID): the plan that follows this one. Defaults to None.
    """

    plan_uuid: UUID
    title: str
    enterprise_customer_uuid: UUID
    start_date: datetime
    expiration_date: datetime
    is_active: bool
    desired_num_licenses: int
    enterprise_catalog_uuid: NullableUUID = None
    renewed_to_uuid: NullableUUID = None


@attrs.frozen
class LicenseData:
    """
    A license of a subscription plan, as a whole.

    Attributes:
        license_uuid (UUID): the license.
        plan_uuid (UUID): its plan.
        status (str): 'unassigned', 'assigned', 'activated' or 'revoked', as License Manager says.
        lms_user_id (int): the learner's user id in the LMS. Defaults to None: nobody, or somebody
            whom the LMS doesn't know yet.
        user_email (str): the learner's email address; only while the license is assigned or
            activated. Defaults to None.
        assigned_date (datetime): when it was assigned. Defaults to None.
        activation_date (datetime): when it was activated. Defaults to None.
        revoked_date (datetime): when it was revoked. Defaults to None.
        renewed_to_uuid (UUID): the license that follows this one. Defaults to None.
    """

    license_uuid: UUID
    plan_uuid: UUID
    status: str
    lms_user_id: NullableInt = None
    user_email: NullableStr = None
    assigned_date: NullableDatetime = None
    activation_date: NullableDatetime = None
    revoked_date: NullableDatetime = None
    renewed_to_uuid: NullableUUID = None


@attrs.frozen
class LicensedEnrollmentData:
    """
    A learner's enrollment in a course run that a license pays for, as a whole.

    Attributes:
        license_uuid (UUID): the license.
        plan_uuid (UUID): the license's plan.
        lms_user_id (int): the learner's user id in the LMS.
        course_key (CourseKey): the course run.
        mode (str): the enrollment's mode in the LMS.
        is_active (bool): whether the learner is enrolled.
        is_revoked (bool): whether the license no longer pays for it.
    """

    license_uuid: UUID
    plan_uuid: UUID
    lms_user_id: int
    course_key: CourseKey
    mode: str
    is_active: bool
    is_revoked: bool
