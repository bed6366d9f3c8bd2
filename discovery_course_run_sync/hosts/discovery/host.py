"""What the room relies on in Course Discovery."""

from __future__ import annotations

from typing import Any

from shared.exceptions import ConfigurationError
from shared.hosts import Host

_APP = "course_discovery.apps.course_metadata"
LOADER = f"{_APP}.data_loaders.api.CoursesApiDataLoader"
PUSH_SEATS = f"{_APP}.utils.push_to_ecommerce_for_course_run"

_EMPTY = "empty"
_SALESFORCE_ERROR = "simple_salesforce.exceptions.SalesforceError"
# To several records, a bad request, and no such record.
_REFUSALS = (300, 400, 404)
_LOST_RACE = "UNABLE_TO_LOCK_ROW"
_NOBODY_ANSWERS = {"requests.exceptions.ConnectionError", "requests.exceptions.Timeout"}


def is_outage(error: Exception) -> bool:
    """Return whether Discovery's ``save()`` met a service that is away, or Salesforce's own fault.

    Such are its errors and limits, a failed login, and a record that somebody else has locked.
    """
    classes = {f"{each.__module__}.{each.__qualname__}" for each in type(error).__mro__}
    if _SALESFORCE_ERROR not in classes:
        return not _NOBODY_ANSWERS.isdisjoint(classes)
    is_refusal = getattr(error, "status", None) in _REFUSALS
    return not is_refusal or _LOST_RACE in str(getattr(error, "content", ""))


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
        "course_metadata.CourseType": ("slug",),
        "course_metadata.Seat": ("course_run", "type", "upgrade_deadline_override"),
    },
    functions=(LOADER, PUSH_SEATS),
    is_outage=is_outage,
)


def course_runs() -> Any:
    """Return the model of course runs; its manager ``everything`` is the one that has drafts."""
    return DISCOVERY.model("course_metadata.CourseRun")


def unknown_type() -> Any:
    """Return the type "empty", of runs whose seats Discovery doesn't know yet."""
    return _empty("CourseRunType")


def require_course_type() -> None:
    """Raise ``ConfigurationError`` unless there is the type that the loader gives a new course."""
    _empty("CourseType")


def _empty(name: str) -> Any:
    types: Any = DISCOVERY.model(f"course_metadata.{name}")
    found = types.objects.filter(slug=_EMPTY).first()
    if found is None:
        raise ConfigurationError(
            f"Discovery has no {name} whose slug is {_EMPTY!r}.",
            hint="Make it in Discovery's admin; Discovery's migrations do, too.",
        )
    return found


def save_quietly(row: Any) -> None:
    """Save a course run by its own ``save()``, with no push to a marketing site and no mail."""
    row.save(suppress_publication=True, send_emails=False)
