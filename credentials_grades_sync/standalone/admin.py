"""The grades in the admin, to be looked at."""

from django.contrib import admin

from credentials_grades_sync.standalone.models import UserGrade
from shared.admin import ReadOnlyAdmin


@admin.register(UserGrade)
class UserGradeAdmin(ReadOnlyAdmin):
    """User grades; events write them, people only read."""

    list_display = (
        "lms_user_id",
        "course_key",
        "letter_grade",
        "percent_grade",
        "passed",
        "verified",
        "graded_at",
        "modified",
    )
    list_filter = ("passed", "verified")
    search_fields = ("=lms_user_id", "course_key")
