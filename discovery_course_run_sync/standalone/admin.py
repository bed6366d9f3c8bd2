"""The course runs in the admin, to be looked at."""

from django.contrib import admin

from discovery_course_run_sync.standalone.models import CourseRun
from shared.admin import ReadOnlyAdmin


@admin.register(CourseRun)
class CourseRunAdmin(ReadOnlyAdmin):
    """Course runs; events write them, people only read."""

    list_display = (
        "course_key",
        "title",
        "start",
        "end",
        "pacing_type",
        "hidden",
        "invitation_only",
        "published_at",
        "modified",
    )
    list_filter = ("pacing_type", "hidden", "invitation_only")
    search_fields = ("course_key", "title")
