"""Stand-ins for the LMS, which can't run here.

They have the names, signatures and exceptions of the LMS's own modules, as read from its source;
the plugin meets them the way it meets the LMS: by edx-django-utils' plugin mechanism.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.dispatch import Signal
from edx_django_utils.plugins import connect_plugin_receivers
from opaque_keys.edx.keys import CourseKey

from credentials_grades_sync.producers.apps import CredentialsGradesSyncProducersConfig
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from tests.producers import install, stand_in

COURSE_KEY = CourseKey.from_string("course-v1:Org+Course+Run")
SAVED_AT = datetime(2026, 3, 4, 5, 6, 7, 891011, tzinfo=UTC)


class PersistentCourseGrade:
    """Stands in for the LMS's model: one saved grade, or none."""

    class DoesNotExist(Exception):
        """Stands in for the model's own exception."""

    def __init__(self) -> None:
        self.modified: datetime | None = SAVED_AT

    def read(self, user_id: int, course_id: CourseKey) -> SimpleNamespace:
        """Return the saved grade of the one learner in the one course run."""
        if self.modified is None or (user_id, course_id) != (7, COURSE_KEY):
            raise self.DoesNotExist
        return SimpleNamespace(modified=self.modified)


@dataclass
class LMS:
    """The LMS as the plugin sees it."""

    signal: Signal = field(default_factory=Signal)
    saved_grade: PersistentCourseGrade = field(default_factory=PersistentCourseGrade)

    def grade(self, *, deadline: datetime | None = None, **course_grade: Any) -> list[Any]:
        """Send the signal as the LMS does once it has computed a grade."""
        values = {"percent": 0.87, "letter_grade": "B", "passed": True, "attempted": True}
        return self.signal.send_robust(
            sender=None,
            user=SimpleNamespace(id=7, username="learner"),
            course_grade=SimpleNamespace(**values | course_grade),
            course_key=COURSE_KEY,
            deadline=deadline,
        )


@pytest.fixture
def installed_plugin(monkeypatch):
    """The plugin, where the LMS finds it."""
    install(monkeypatch, CredentialsGradesSyncProducersConfig, "lms.djangoapp")


@pytest.fixture
def lms(monkeypatch, installed_plugin):
    """The LMS, its plugins' receivers connected."""
    lms = LMS()
    stand_in(
        monkeypatch,
        "openedx.core.djangoapps.signals.signals",
        COURSE_GRADE_CHANGED=lms.signal,
    )
    stand_in(
        monkeypatch,
        "lms.djangoapps.grades.models",
        PersistentCourseGrade=lms.saved_grade,
    )
    connect_plugin_receivers("lms.djangoapp")
    return lms


@pytest.fixture
def published():
    """The public events that were sent: the arguments that a receiver gets."""
    events: list[dict[str, Any]] = []

    def record(**event: Any) -> None:
        events.append(event)

    COURSE_GRADE_CHANGED.connect(record)
    yield events
    COURSE_GRADE_CHANGED.disconnect(record)
