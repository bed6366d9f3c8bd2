"""The demo's stream of grade events: which kinds it has, and the share of each."""

from __future__ import annotations

import math

from credentials_grades_sync.consumers import USER_GRADES
from credentials_grades_sync.demo.author import Author
from shared.demo.kinds import TROUBLES, poisonous
from shared.demo.stream import Kind, Planned, Run, schedule, write
from shared.outcomes import Outcome

KINDS: tuple[Kind[Author], ...] = (
    Kind(name="new grade", share=300, write=Author.new_grade),
    Kind(name="changed grade", share=200, write=Author.changed_grade),
    Kind(name="summary before the grade", share=50, write=Author.new_summary),
    Kind(name="summary of a changed grade", share=70, write=Author.changed_summary),
    Kind(
        name="never attempted",
        share=50,
        write=Author.never_attempted,
        ends_as=Outcome.FILTERED,
    ),
    Kind(
        name="type nobody consumes",
        share=20,
        write=Author.passing_status,
        ends_as=Outcome.IGNORED,
    ),
    poisonous("percent is not a number", lambda author: author.untold(percent_grade=math.nan)),
    poisonous("percent above 1", lambda author: author.untold(percent_grade=1.5)),
    poisonous("letter with a NUL", lambda author: author.untold(letter_grade="A\0")),
    poisonous("username too long", lambda author: author.untold(username="learner-" * 20)),
    *TROUBLES,
)
"""Every kind and its share; the first needs no other before it."""


def make_stream(run: Run) -> list[Planned]:
    """Write the run's stream."""
    author = Author(run)
    return write(schedule(KINDS, run.events, author.random), author, topic=USER_GRADES.topic)
