"""A destination as one writes it without thinking: the last event to arrive wins its row."""

from collections.abc import Sequence
from dataclasses import asdict

from credentials_grades_sync.standalone.models import UserGrade
from shared.outcomes import Outcome
from shared.records import PositionedRecord, fold_key


def write_user_grades(records: Sequence[PositionedRecord]) -> list[Outcome]:
    """Write each grade over whatever is there."""
    for item in records:
        values = {name: value for name, value in asdict(item.record).items() if value is not None}
        UserGrade.objects.update_or_create(sync_key=fold_key(item.record.key), defaults=values)
    return [Outcome.APPLIED] * len(records)
