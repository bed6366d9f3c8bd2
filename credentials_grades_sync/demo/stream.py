"""The demo's stream of grade events: which kinds it has, and the share of each."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

from credentials_grades_sync.consumers import USER_GRADES
from credentials_grades_sync.demo.author import Author
from shared.demo import poison
from shared.demo.stream import Kind, Planned, RawMessage, Run, StockEvent, schedule
from shared.outcomes import Outcome


def make_stream(run: Run) -> list[Planned]:
    """Write the run's stream."""
    author = Author(run)
    return [
        Planned(kind=kind, topic=USER_GRADES.topic, message=kind.write(author))
        for kind in schedule(KINDS, run.events, author.random)
    ]


def _poison(what: str, write: Callable[[Author], StockEvent | RawMessage]) -> Kind[Author]:
    return Kind(name=f"poison: {what}", share=4, write=write, ends_as=Outcome.DEAD)


def _spoiled(what: str, damage: poison.Damage) -> Kind[Author]:
    return _poison(what, lambda author: damage(author.untold(), author.random))


KINDS: tuple[Kind[Author], ...] = (
    Kind(name="new grade", share=300, write=Author.new_grade),
    Kind(name="changed grade", share=200, write=Author.changed_grade),
    Kind(name="summary before the grade", share=50, write=Author.new_summary),
    Kind(name="summary of a changed grade", share=70, write=Author.changed_summary),
    Kind(name="duplicate: same id", share=70, write=Author.same_id),
    Kind(name="duplicate: other id, same fact", share=70, write=Author.same_fact),
    Kind(name="late", share=60, write=Author.late),
    Kind(name="out of order", share=60, write=Author.out_of_order),
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
    Kind(
        name="type nobody knows",
        share=10,
        write=lambda author: poison.unknown_type(author.untold()),
        ends_as=Outcome.IGNORED,
    ),
    *(_spoiled(what, damage) for what, damage in poison.DAMAGES.items()),
    _poison("percent is not a number", lambda author: author.untold(percent_grade=math.nan)),
    _poison("percent above 1", lambda author: author.untold(percent_grade=1.5)),
    _poison("letter with a NUL", lambda author: author.untold(letter_grade="A\0")),
    _poison("username too long", lambda author: author.untold(username="learner-" * 20)),
    _poison("a year ahead of time", lambda author: author.untold(ahead=timedelta(days=365))),
)
"""Every kind and its share; the first needs no other before it."""
