"""Plans, licenses and enrollments in the admin, to be looked at; emails aren't shown in lists."""

from django.contrib import admin

from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from shared.admin import ReadOnlyAdmin


@admin.register(SubscriptionPlan)
class SubscriptionPlanAdmin(ReadOnlyAdmin):
    """Subscription plans; events write them, people only read."""

    list_display = (
        "plan_uuid",
        "title",
        "status",
        "start_date",
        "expiration_date",
        "desired_num_licenses",
        "modified",
    )
    list_filter = ("status",)
    search_fields = ("=plan_uuid", "=enterprise_customer_uuid", "title")


@admin.register(License)
class LicenseAdmin(ReadOnlyAdmin):
    """Licenses; events write them, people only read."""

    list_display = (
        "license_uuid",
        "plan_id",
        "status",
        "previous_status",
        "lms_user_id",
        "modified",
    )
    list_filter = ("status", "previous_status")
    search_fields = ("=license_uuid", "=plan__plan_uuid", "=lms_user_id")


@admin.register(LicensedEnrollment)
class LicensedEnrollmentAdmin(ReadOnlyAdmin):
    """Licensed enrollments; events write them, people only read."""

    list_display = (
        "course_key",
        "license_id",
        "lms_user_id",
        "mode",
        "is_active",
        "is_revoked",
        "modified",
    )
    list_filter = ("is_active", "is_revoked")
    search_fields = ("course_key", "=license__license_uuid", "=lms_user_id")
