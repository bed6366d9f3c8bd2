"""Stands in for ``enterprise.api.v1.views.enterprise_subsidy_fulfillment``."""

from __future__ import annotations

from typing import Any

# Of the LMS, and None where there is none.
CourseMode: Any = None
enrollment_api: Any = None
get_certificate_for_user: Any = None
get_course_overviews: Any = None


class EnrollmentModificationException(Exception):
    """An enrollment could not be changed."""


class LicensedEnterpriseCourseEnrollmentViewSet:
    """Ends enrollments."""

    class EnrollmentTerminationStatus:
        """How an enrollment ends."""

        COURSE_COMPLETED = "course already completed"
        MOVED_TO_AUDIT = "moved to audit"
        UNENROLLED = "unenrolled"

    def _terminate_enrollment(self, enterprise_enrollment: Any, course_overview: Any) -> str:
        """Move the learner to audit, or unenroll them; unless they have completed the course."""
        course, ends = course_overview["id"], self.EnrollmentTerminationStatus
        learner = enterprise_enrollment.enterprise_customer_user.username
        certificate = get_certificate_for_user(learner, course) or {}
        if course_overview["has_ended"] or certificate.get("is_passing"):
            return ends.COURSE_COMPLETED
        has_audit = CourseMode.mode_for_course(course, CourseMode.AUDIT)
        change = {"mode": CourseMode.AUDIT} if has_audit else {"is_active": False}
        try:
            enrollment_api.update_enrollment(username=learner, course_id=course, **change)
        except Exception as error:
            raise EnrollmentModificationException(f"{learner}: {error}") from error
        return ends.MOVED_TO_AUDIT if has_audit else ends.UNENROLLED
