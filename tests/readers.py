"""The tests' room as if its books named learners: a title is a username."""

from __future__ import annotations

from dataclasses import replace

from shared.erasure import Erasure
from shared.learners import Identity, Learner, LearnerField, Names, names
from shared.repairs import By
from tests.testapp.room import BOOKS

READERS = replace(
    BOOKS, learner=Learner((LearnerField(Identity.USERNAME, "book.title", "title", blank=""),))
)
ME = By("ada")


def called(*usernames: str) -> Names:
    """Return the names of learners that are known by these usernames."""
    return names((Identity.USERNAME, username) for username in usernames)


def erased(
    wanted: Names, *, is_real: bool = True, drops_unreadable: bool = False
) -> dict[str, tuple[int, int]]:
    """Erase, and return by kind how many rows named somebody and how many can't be read."""
    found: dict[str, tuple[int, int]] = {}
    for each in Erasure(wanted, ME, is_real=is_real, drops_unreadable=drops_unreadable).run():
        naming, unreadable = found.get(each.kind, (0, 0))
        found[each.kind] = (naming + each.naming, unreadable + each.unreadable)
    return {kind: counts for kind, counts in found.items() if counts != (0, 0)}
