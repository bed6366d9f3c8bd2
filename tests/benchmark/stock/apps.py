"""Connects the receiver in the stock consumer's process only."""

import os
from typing import Any

from django.apps import AppConfig


class StockConfig(AppConfig):
    """One receiver with one ``update_or_create`` per event."""

    name = "tests.benchmark.stock"
    label = "benchmark_stock"

    def ready(self) -> None:
        """Connect the receiver if this process is the contestant."""
        from shared.events.learning.signals import COURSE_GRADE_CHANGED

        if os.environ.get("BENCHMARK_CONTESTANT") == "stock":
            COURSE_GRADE_CHANGED.connect(update_grade)


def update_grade(*, grade: Any, metadata: Any, **_: Any) -> None:
    """Write the grade, as it comes."""
    from credentials_grades_sync.standalone.models import UserGrade
    from shared.records import fold_key

    UserGrade.objects.update_or_create(
        lms_user_id=grade.user_id,
        course_key=str(grade.course_key),
        defaults={
            "sync_key": fold_key((grade.user_id, grade.course_key)),
            "username": grade.username,
            "letter_grade": grade.letter_grade,
            "percent_grade": grade.percent_grade,
            "passed": grade.passed,
            "verified": grade.verified,
            "graded_at": metadata.time,
        },
    )
