"""Stands in for ``course_discovery.apps.course_metadata.data_loaders.api``."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_datetime
from opaque_keys.edx.keys import CourseKey

from tests.hosts.core.models import Partner
from tests.hosts.discovery.course_metadata.models import (
    Course,
    CourseRun,
    CourseRunType,
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

    def process_single_course_run(self, body: dict[str, Any]) -> None:
        """Write what the LMS says of a run to its rows, or make it."""
        drafts_first = CourseRun.everything.order_by("-draft")
        found = drafts_first.filter(key__iexact=body["id"])
        for run in found:
            self._follow(run, body)
        if not found:
            self._create(body)

    def _follow(self, run: CourseRun, body: dict[str, Any]) -> None:
        changed = {k: v for k, v in self._columns(body).items() if getattr(run, k) != v}
        for name, value in changed.items():
            setattr(run, name, value)
        if changed:
            run.save(suppress_publication=True)
        course = getattr(run, "canonical_for_course", None)
        if course and not self.partner.uses_publisher and course.title != (body["name"] or None):
            course.title = body["name"]
            course.save()

    def _create(self, body: dict[str, Any]) -> None:
        course, is_new = self.get_or_create_course(body)
        empty = CourseRunType.objects.get(slug="empty")
        run = CourseRun.objects.create(course=course, type=empty, **self._columns(body))
        if is_new:
            course.canonical_course_run = run
            course.save(update_fields=["canonical_course_run"])

    def _columns(self, body: dict[str, Any]) -> dict[str, Any]:
        dates = ("start", "end", "enrollment_start", "enrollment_end")
        columns = {name: body[name] and parse_datetime(body[name]) for name in dates}
        columns |= {
            "key": body["id"],
            "title_override": body["name"].strip() or None,
            "pacing_type": {"instructor": "instructor_paced", "self": "self_paced"}[body["pacing"]],
            "hidden": body["hidden"],
            "license": body["license"],
        }
        return columns if self.partner.uses_publisher else columns | {"status": "published"}
