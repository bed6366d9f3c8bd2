"""The guide's export of grades makes a file that ``backfill`` takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from credentials_grades_sync.standalone.models import UserGrade
from tests.grades import COURSE, ROOM
from tests.snapshots import backfill

pytestmark = pytest.mark.django_db

GUIDE = (Path(__file__).parents[2] / "docs" / "how_to" / "backfill.md").read_text()
LMS, *_ = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
DAY = datetime(2026, 1, 2, tzinfo=UTC)


def test_export_is_brought(tmp_path, monkeypatch):
    """Of users that are there; the LMS's model can't run here, so its rows are imitated."""
    user = get_user_model().objects.create(username="learner-1")
    rows = [
        SimpleNamespace(
            user_id=user_id,
            course_id=CourseKey.from_string(COURSE),
            percent_grade=0.7,
            letter_grade="Pass",
            modified=DAY,
        )
        for user_id in (user.pk, user.pk + 1)
    ]
    grades = SimpleNamespace(order_by=lambda name: SimpleNamespace(iterator=lambda: iter(rows)))
    get_model = apps.get_model

    def imitated(label, *rest, **how):
        found = SimpleNamespace(objects=grades)
        return found if label == "grades" else get_model(label, *rest, **how)

    monkeypatch.setattr(apps, "get_model", imitated)
    monkeypatch.chdir(tmp_path)
    exec(LMS, {})
    monkeypatch.undo()
    ended = backfill(ROOM, "--from", str(tmp_path / "grades.jsonl"))
    assert (ended.status, ended.error, ended.lines) == (0, "", [])
    grade = UserGrade.objects.get()
    assert (grade.username, grade.passed, grade.graded_at) == ("learner-1", True, DAY)
