"""The kinds that every room's stream has, for every bus has them; a room adds what is its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from shared.demo import poison
from shared.demo.author import Author
from shared.demo.stream import Kind, RawMessage, StockEvent
from shared.outcomes import Outcome

A = TypeVar("A")

POISON_SHARE = 4
AHEAD = "poison: a year ahead of time"


def poisonous(what: str, write: Callable[[A], StockEvent | RawMessage]) -> Kind[A]:
    """Declare a kind of which every message must be buried."""
    return Kind(name=f"poison: {what}", share=POISON_SHARE, write=write, ends_as=Outcome.DEAD)


def _damaged(what: str, damage: poison.Damage) -> Kind[Author[Any]]:
    return poisonous(what, lambda author: damage(author.untold(), author.random))


def _year_ahead(author: Author[Any]) -> StockEvent:
    return author.untold(ahead=timedelta(days=365))


TROUBLES: tuple[Kind[Author[Any]], ...] = (
    Kind(name="duplicate: same id", share=70, write=Author.same_id),
    Kind(name="duplicate: other id, same fact", share=70, write=Author.same_fact),
    Kind(name="late", share=60, write=Author.late),
    Kind(name="out of order", share=60, write=Author.out_of_order),
    Kind(
        name="type nobody knows",
        share=10,
        write=lambda author: poison.unknown_type(author.untold()),
        ends_as=Outcome.IGNORED,
    ),
    *(_damaged(what, damage) for what, damage in poison.DAMAGES.items()),
    Kind(name=AHEAD, share=POISON_SHARE, write=_year_ahead, ends_as=Outcome.DEAD),
)
"""All refer to rows that were told of before; the rest of the thousandths is the room's own."""
