"""Rows of Course Discovery, in few words; models by label, so that they may be the host's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.apps import apps

KEY = "course-v1:edX+Tests+2026"
COURSE_KEY = "edX+Tests"
OLD_END = datetime(2025, 12, 31, tzinfo=UTC)


def model(name: str) -> Any:
    """Return a model of the application ``course_metadata``."""
    return apps.get_model("course_metadata", name)


def make_partner(short_code: str = "edx", **fields: Any) -> Any:
    """Save a partner who uses Publisher and has a marketing site."""
    partners: Any = apps.get_model("core", "Partner")
    if any(field.name == "site" for field in partners._meta.get_fields()):
        sites: Any = apps.get_app_config("sites").get_model("Site")
        fields["site"] = sites.objects.create(domain=f"{short_code}.example.com")
    defaults = {
        "name": short_code,
        "short_code": short_code,
        "publisher_url": "https://publisher.example.com/",
        "marketing_site_url_root": "https://www.example.com/",
    }
    return partners.objects.create(**defaults | fields)


def make_course(partner: Any, *, draft: bool = False, **fields: Any) -> Any:
    """Save one row of a course."""
    defaults = {"key": COURSE_KEY, "title": "Old", "type": type_of("CourseType", "audit")}
    return model("Course").objects.create(partner=partner, draft=draft, **defaults | fields)


def make_courses(partner: Any, **fields: Any) -> tuple[Any, Any]:
    """Save both rows of a course."""
    fields = {"uuid": uuid4()} | fields
    draft = make_course(partner, draft=True, **fields)
    return draft, make_course(partner, draft_version=draft, **fields)


def make_run(course: Any, **fields: Any) -> Any:
    """Save one row of a course run, beside a row of its course."""
    defaults = {
        "key": KEY,
        "draft": course.draft,
        "title_override": "Old",
        "start": datetime(2025, 1, 1, tzinfo=UTC),
        "end": OLD_END,
        "enrollment_start": datetime(2024, 1, 1, tzinfo=UTC),
        "pacing_type": "self_paced",
        "license": "all-rights-reserved",
        "type": type_of("CourseRunType", "audit"),
    }
    run = model("CourseRun")(course=course, **defaults | fields)
    run.save(suppress_publication=True, send_emails=False)
    return run


def make_runs(partner: Any, **fields: Any) -> tuple[Any, Any]:
    """Save both rows of a course run, and of its course."""
    draft_course, course = make_courses(partner)
    fields = {"uuid": uuid4()} | fields
    draft = make_run(draft_course, **fields)
    return draft, make_run(course, draft_version=draft, **fields)


def type_of(name: str, slug: str, **fields: Any) -> Any:
    """Return the type of courses or runs with this slug, made if need be."""
    return model(name).objects.get_or_create(slug=slug, defaults={"name": slug} | fields)[0]


def make_seat(run: Any, slug: str, **fields: Any) -> Any:
    """Save a seat of a run."""
    seat_types = model("SeatType").objects
    seat_type, _ = seat_types.get_or_create(slug=slug, defaults={"name": slug})
    return model("Seat").everything.create(
        course_run=run, type=seat_type, draft=run.draft, **fields
    )


def runs() -> list[Any]:
    """Return the rows of all runs, drafts first."""
    return list(model("CourseRun").everything.order_by("key", "-draft"))


def seen(run: Any) -> dict[str, Any]:
    """Return all that a row says, and when that last changed; from the database."""
    row: dict[str, Any] = model("CourseRun").everything.filter(pk=run.pk).values().get()
    return row


def said(run: Any) -> dict[str, Any]:
    """Return what a row says of what an event tells; from the database."""
    names = ["key", "title_override", "start", "end", "enrollment_start", "enrollment_end"]
    names += ["pacing_type", "hidden", "status"]
    return {name: seen(run)[name] for name in names}
