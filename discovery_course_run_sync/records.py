"""What a row of the room says."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices

from shared.records import Key


class Pacing(TextChoices):
    """How a course run is paced, in Discovery's words (its model's ``CourseRunPacing``)."""

    INSTRUCTOR = "instructor_paced", "Instructor-paced"
    SELF = "self_paced", "Self-paced"
    UNKNOWN = "", "Unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseRunRecord:
    """A course run as its catalogue shows it; one that was only created says its key, no more.

    ``org``, ``number`` and ``run`` are the parts of ``course_key``; times are aware, in UTC.
    """

    course_key: str
    org: str
    number: str
    run: str
    title: str = ""
    start: datetime | None = None
    end: datetime | None = None
    enrollment_start: datetime | None = None
    enrollment_end: datetime | None = None
    pacing_type: Pacing = Pacing.UNKNOWN
    hidden: bool = False
    invitation_only: bool = False

    @property
    def key(self) -> Key:
        """The course run's key, as all three events carry it."""
        return (self.course_key,)
