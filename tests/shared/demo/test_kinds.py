"""The kinds that all rooms have say what they are and how they end."""

from __future__ import annotations

from shared.demo.kinds import TROUBLES, poisonous
from shared.demo.poison import DAMAGES
from shared.outcomes import Outcome


def test_poison_is_buried():
    """All of it, each in the same small share."""
    kind = poisonous("too sweet", lambda author: author)
    assert (kind.name, kind.ends_as) == ("poison: too sweet", Outcome.DEAD)
    assert {each.share for each in TROUBLES if each.ends_as is Outcome.DEAD} == {kind.share}


def test_every_damage_is_among_the_troubles():
    """By its name."""
    assert {f"poison: {damage}" for damage in DAMAGES} < {kind.name for kind in TROUBLES}


def test_troubles_leave_room_for_what_is_a_room_s_own():
    """They are the smaller part of a stream."""
    assert sum(kind.share for kind in TROUBLES) < 500
