"""The LMS, as far as edx-enterprise ends enrollments in it, with the room's destinations in it.

What edx-enterprise needs of the LMS is stood in for: the LMS itself can't run here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model

from shared import registry
from shared.consumer import Room
from tests.hosts.lms.destinations import DESTINATIONS

ROOM = "enterprise_license_sync"
VIEWS = "enterprise.api.v1.views.enterprise_subsidy_fulfillment"
MODELS = "enterprise.models"


@dataclass
class Courses:
    """The LMS's course runs and what may be done to enrollments in them.

    ``changed`` has the courses of the changes that the LMS has told others of: it does so at once,
    and whether they are committed or not.
    """

    has_audit: bool = True
    has_ended: bool = False
    gone: set[str] = field(default_factory=set)
    failure: Exception | None = None
    refuses: set[str] = field(default_factory=set)
    changed: list[str] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def overviews(self, course_ids: list[str]) -> list[dict[str, Any]]:
        """Return the courses that are there."""
        self.asked.append(len(course_ids))
        state = {"has_ended": self.has_ended, "has_started": True}
        return [{"id": each} | state for each in course_ids if each not in self.gone]

    def update_enrollment(self, username: str, course_id: str, **change: Any) -> None:
        """Change an enrollment, as the LMS's own function of the name does, and tell of it."""
        if self.failure:
            raise self.failure
        if course_id in self.refuses:
            raise ValueError(f"{username} can't be enrolled in {course_id}")
        self.changed.append(course_id)
        learner = get_user_model().objects.get(username=username)
        rows = apps.get_model("student", "CourseEnrollment").objects
        row = rows.get(user_id=learner.pk, course_id=course_id)
        vars(row).update(change)
        row.save()


@pytest.fixture(autouse=True)
def edx_enterprise(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that ends enrollments: edx-enterprise's own, or what stands in for it."""
    if find_spec("enterprise"):
        return import_module(VIEWS)
    from tests.enterprise_license_sync.producers.stand_ins.enterprise import models, views

    monkeypatch.setitem(sys.modules, VIEWS, views)
    monkeypatch.setitem(sys.modules, MODELS, models)
    return views


@pytest.fixture(autouse=True)
def courses(monkeypatch: pytest.MonkeyPatch, edx_enterprise: ModuleType) -> Courses:
    """The LMS's courses, as edx-enterprise meets them."""
    courses = Courses()
    modes = SimpleNamespace(AUDIT="audit", mode_for_course=lambda *_: courses.has_audit)
    for name, value in {
        "CourseMode": modes,
        "enrollment_api": SimpleNamespace(update_enrollment=courses.update_enrollment),
        "get_certificate_for_user": lambda *_: None,
        "get_course_overviews": courses.overviews,
    }.items():
        monkeypatch.setattr(edx_enterprise, name, value)
    return courses


@pytest.fixture(autouse=True)
def destinations(settings: Any) -> None:
    """The room ends enrollments in the LMS."""
    settings.EVENT_SYNC = {"DESTINATIONS": DESTINATIONS}


@pytest.fixture
def room() -> Room:
    """The room, as its application registered it."""
    return registry.get_room(ROOM)


@pytest.fixture
def revoked() -> Callable[[], list[int]]:
    """Return the learners whose licensed enrollments have ended."""
    paid = apps.get_model("enterprise", "LicensedEnterpriseCourseEnrollment").objects
    learner = "enterprise_course_enrollment__enterprise_customer_user__user_id"
    return lambda: sorted(paid.filter(is_revoked=True).values_list(learner, flat=True))
