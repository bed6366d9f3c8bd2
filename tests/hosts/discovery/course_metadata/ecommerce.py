"""Stands in for ``course_discovery.apps.course_metadata.utils``."""

from tests.hosts.discovery.course_metadata.models import CourseRun


def push_to_ecommerce_for_course_run(course_run: CourseRun) -> bool:
    """Tell E-Commerce what an official run's seats are; here there is none."""
    return False
