"""Data of the ``learning`` events that are defined here.

A field whose falsy value means something has no default: openedx-events decodes such a value as
the default. There is no ``from __future__ import annotations``: Avro needs the types, not their
names.
"""

import attrs
from opaque_keys.edx.keys import CourseKey

from shared.events import NullableDatetime


@attrs.frozen
class CourseGradeData:
    """
    A learner's grade in a course run, as a whole: it never tells only what changed.

    Attributes:
        user_id (int): the learner's user id in the LMS.
        username (str): the learner's username in the LMS.
        course_key (CourseKey): the course run.
        percent_grade (float): the grade, from 0 to 1.
        letter_grade (str): the grade as a letter; empty when failing.
        passed (bool): whether the grade is a passing one.
        attempted (bool): whether the learner has attempted anything that is graded.
        verified (bool): what Credentials stores as ``verified``.
        deadline (datetime): the end of the course run. Defaults to None: it has no end.
    """

    user_id: int
    username: str
    course_key: CourseKey
    percent_grade: float
    letter_grade: str
    passed: bool
    attempted: bool
    verified: bool
    deadline: NullableDatetime = None
