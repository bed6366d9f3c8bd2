"""Stands in for ``course_discovery.apps.course_metadata.data_loaders.api``."""

from __future__ import annotations

from typing import Any

from opaque_keys.edx.keys import CourseKey

from tests.hosts.core.models import Partner
from tests.hosts.discovery.course_metadata.models import (
    Course,
    CourseType,
    Organization,
    Source,
)


class CoursesApiDataLoader:
    """Loads course runs from the LMS; without its API it is what the host's own receiver uses."""

    def __init__(self, partner: Partner, enable_api: bool = True) -> None:
        assert not enable_api, "there is no LMS"
        self.partner = partner
        self.source, _ = Source.objects.get_or_create(name="Tests", slug="tests")

    @classmethod
    def get_course_key_from_course_run_key(cls, course_run_key: CourseKey) -> str:
        """Return the key of a run's course; a course may have another one for its new runs."""
        key = f"{course_run_key.org}+{course_run_key.course}"
        rerun = Course.objects.filter(key_for_reruns=key).first()
        return rerun.key if rerun else key

    def get_or_create_course(self, body: dict[str, Any]) -> tuple[Course, bool]:
        """Return the official course of a run, made with its organization if need be."""
        run_key: Any = CourseKey.from_string(body["id"])
        key = self.get_course_key_from_course_run_key(run_key)
        same = {"key__iexact": key, "partner": self.partner}
        values = {"title": body["name"], "key": key, "partner": self.partner}
        if not self.partner.uses_publisher:
            body["media"].get("image", {})
        values["type"] = CourseType.objects.get(slug="empty")
        values["draft_version"] = Course.everything.filter(**same, draft=True).first()
        course, is_new = Course.objects.get_or_create(**same, defaults=values)
        if is_new:
            of_partner = {"partner": self.partner, "key__iexact": run_key.org}
            organization, _ = Organization.objects.get_or_create(
                **of_partner, defaults={"key": run_key.org}
            )
            course.authoring_organizations.add(organization)
            course.product_source = self.source
            course.save()
        return course, is_new
