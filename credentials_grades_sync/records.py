"""What a row of the room says."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.records import Key, fill_only, observed


@dataclass(frozen=True, kw_only=True, slots=True)
class UserGradeRecord:
    """A learner's grade in a course run.

    ``percent_grade`` is 0 to 1 with four decimal places, ``letter_grade`` is empty while failing.
    """

    lms_user_id: int
    course_key: str
    letter_grade: str
    percent_grade: Decimal
    passed: bool
    graded_at: datetime = observed()
    username: str | None = fill_only(personal=True)
    verified: bool | None = fill_only()

    @property
    def key(self) -> Key:
        """The learner and the course run: the identity that both grade events carry."""
        return (self.lms_user_id, self.course_key)
