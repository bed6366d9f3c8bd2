"""Writes the room's records to its own table."""

from collections.abc import Sequence

from django.utils import timezone

from credentials_grades_sync.records import UserGradeRecord
from credentials_grades_sync.standalone.models import UserGrade
from shared.outcomes import Outcome
from shared.records import PositionedRecord
from shared.tables import in_table
from shared.upsert import upsert


@in_table(UserGrade)
def write_user_grades(records: Sequence[PositionedRecord[UserGradeRecord]]) -> list[Outcome]:
    """Write grades; a newer event wins, and the same grade again changes nothing."""
    return upsert(UserGrade, records, now=timezone.now())
