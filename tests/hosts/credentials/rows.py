"""Rows of Credentials, in the service itself or its stand-ins, and what the LMS tells of grades."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.data import CourseData, PersistentCourseGradeData
from openedx_events.learning.signals import PERSISTENT_GRADE_SUMMARY_CHANGED

from shared.events.learning.data import CourseGradeData
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.messages import Event
from shared.testing import make_event

KEY = "course-v1:edX+Tests+2026"
START = datetime(2026, 1, 1, tzinfo=UTC)


def make_site(*, records_enabled: bool = True) -> Any:
    """Save a site with its configuration."""
    site = make_bare_site()
    _save("core.SiteConfiguration", site=site, records_enabled=records_enabled)
    return site


def make_bare_site() -> Any:
    """Save a site without a configuration."""
    return _save("sites.Site", domain=f"{uuid4().hex}.example.org", name="Credentials")


def make_user(**fields: Any) -> Any:
    """Save a learner who has been to Credentials."""
    return _save("core.User", **{"username": "learner-7", "lms_user_id": 7} | fields)


def make_run(site: Any, *, key: str = KEY) -> Any:
    """Save a run of a course of its own in a site's catalogue."""
    course = _save("catalog.Course", site=site, uuid=uuid4(), key="edX+Tests")
    return _save("catalog.CourseRun", course=course, uuid=uuid4(), key=key)


def make_program(site: Any, *runs: Any, **fields: Any) -> Any:
    """Save a program of these runs."""
    program = _save("catalog.Program", site=site, uuid=uuid4(), title="Tests", **fields)
    for run in runs:
        program.course_runs.add(run)
    return program


def make_grade(run: Any, **fields: Any) -> Any:
    """Save a grade, as REST left it."""
    defaults = {"username": "learner-7", "letter_grade": "B", "percent_grade": "0.8700"}
    return _save("records.UserGrade", course_run=run, **defaults | fields)


def objects(label: str) -> Any:
    """Return the manager of one of Credentials' models."""
    model: Any = apps.get_model(label)
    return model.objects


def _save(label: str, **fields: Any) -> Any:
    return objects(label).create(**fields)


def grades() -> Any:
    """Return Credentials' grades."""
    return objects("records.UserGrade").all()


def columns() -> Mapping[str, Any]:
    """Return every column of the one grade that there is."""
    row: Mapping[str, Any] = grades().values().get()
    return row


def at(second: float) -> datetime:
    """Return a time."""
    return START + timedelta(seconds=second)


def grade(second: float, **fields: Any) -> Event:
    """Return the event that knows the whole grade, of one learner in one course run."""
    values: dict[str, Any] = {
        "user_id": 7,
        "username": "learner-7",
        "course_key": KEY,
        "percent_grade": 0.87,
        "letter_grade": "B",
        "passed": True,
        "attempted": True,
        "verified": True,
        "deadline": None,
    }
    values |= fields
    values["course_key"] = CourseKey.from_string(values["course_key"])
    return make_event(COURSE_GRADE_CHANGED, time=at(second), grade=CourseGradeData(**values))


def summary(second: float, **fields: Any) -> Event:
    """Return the LMS's summary of the same grade, which has no username."""
    values: dict[str, Any] = {
        "user_id": 7,
        "course": CourseData(course_key=CourseKey.from_string(KEY)),
        "course_edited_timestamp": START,
        "course_version": "",
        "grading_policy_hash": "",
        "percent_grade": 0.87,
        "letter_grade": "B",
        "passed_timestamp": START,
    }
    data = PersistentCourseGradeData(**values | fields)
    return make_event(PERSISTENT_GRADE_SUMMARY_CHANGED, time=at(second), grade=data)
