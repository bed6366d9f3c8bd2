"""Writes the room's records to its own table."""

from collections.abc import Sequence

from django.utils import timezone

from discovery_course_run_sync.records import CourseRunRecord
from discovery_course_run_sync.standalone.models import CourseRun
from shared.outcomes import Outcome
from shared.records import PositionedRecord
from shared.tables import in_table
from shared.upsert import upsert


@in_table(CourseRun)
def write_course_runs(records: Sequence[PositionedRecord[CourseRunRecord]]) -> list[Outcome]:
    """Write course runs; a newer event wins, and the same publication again changes nothing."""
    return upsert(CourseRun, records, now=timezone.now())
