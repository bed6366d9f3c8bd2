"""The demo's stream of course events: which kinds it has, and the share of each."""

from __future__ import annotations

from datetime import UTC, datetime

from discovery_course_run_sync.consumers import COURSE_RUNS
from discovery_course_run_sync.demo.author import Author
from shared.demo.kinds import TROUBLES, poisonous
from shared.demo.stream import Kind, Planned, Run, schedule, write
from shared.outcomes import Outcome

_LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
_TERM = datetime(2026, 1, 5, tzinfo=UTC)
_NOWHERE = datetime(2026, 1, 5)

KINDS: tuple[Kind[Author], ...] = (
    Kind(name="first publication", share=150, write=Author.first_publication),
    Kind(name="created", share=110, write=Author.created),
    Kind(name="made from another run", share=40, write=Author.rerun),
    Kind(name="created, told after a publication", share=30, write=Author.created_late),
    Kind(name="publication", share=182, write=Author.publication),
    Kind(name="publication without dates", share=40, write=Author.emptied_dates),
    Kind(name="publication with an odd pacing", share=10, write=Author.odd_pacing),
    Kind(name="publication with the key in other case", share=20, write=Author.key_in_other_case),
    Kind(name="publication at the same time", share=40, write=Author.same_time),
    Kind(name="library", share=20, write=Author.library, ends_as=Outcome.FILTERED),
    Kind(name="custom course", share=20, write=Author.custom_course, ends_as=Outcome.FILTERED),
    Kind(
        name="type nobody consumes",
        share=20,
        write=Author.block_published,
        ends_as=Outcome.IGNORED,
    ),
    poisonous("title over 255 characters", lambda author: author.untold(name="Demo " * 52)),
    poisonous("title with a NUL", lambda author: author.untold(name="Demo\0")),
    poisonous("ends before it starts", lambda author: author.untold(end=_LONG_AGO)),
    poisonous("start without a time zone", lambda author: author.untold(start=_NOWHERE)),
    poisonous("pacing nobody knows", lambda author: author.untold(pacing="brisk")),
    poisonous(
        "enrollment ends before it starts",
        lambda author: author.untold(enrollment_start=_TERM, enrollment_end=_LONG_AGO),
    ),
    *TROUBLES,
)
"""Every kind and its share; the first needs no other before it."""


def make_stream(run: Run) -> list[Planned]:
    """Write the run's stream."""
    author = Author(run)
    return write(schedule(KINDS, run.events, author.random), author, topic=COURSE_RUNS.topic)
