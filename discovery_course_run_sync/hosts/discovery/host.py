"""What the room relies on in Course Discovery."""

from __future__ import annotations

from typing import Any

from shared.hosts import Host

_APP = "course_discovery.apps.course_metadata"
LOADER = f"{_APP}.data_loaders.api.CoursesApiDataLoader"
PUSH_SEATS = f"{_APP}.utils.push_to_ecommerce_for_course_run"

DISCOVERY = Host(
    name="Course Discovery",
    models={
        "core.Partner": ("short_code", "publisher_url"),
        "course_metadata.Course": (
            *("partner", "key", "title", "type", "draft", "draft_version"),
            *("canonical_course_run", "course_runs"),
        ),
        "course_metadata.CourseRun": (
            *("uuid", "key", "course", "draft", "draft_version", "type", "status", "slug"),
            *("title_override", "start", "end", "enrollment_start", "enrollment_end"),
            *("pacing_type", "hidden", "seats", "created"),
        ),
        "course_metadata.CourseRunType": ("slug",),
        "course_metadata.Seat": ("course_run", "type", "upgrade_deadline_override"),
    },
    functions=(LOADER, PUSH_SEATS),
)


def course_runs() -> Any:
    """Return the model of course runs; its manager ``everything`` is the one that has drafts."""
    return DISCOVERY.model("course_metadata.CourseRun")


def unknown_type() -> Any:
    """Return the type "empty", of runs whose seats Discovery doesn't know yet."""
    types: Any = DISCOVERY.model("course_metadata.CourseRunType")
    return types.objects.get(slug="empty")


def save_quietly(row: Any) -> None:
    """Save a course run by its own ``save()``, with no push to a marketing site and no mail."""
    row.save(suppress_publication=True, send_emails=False)
