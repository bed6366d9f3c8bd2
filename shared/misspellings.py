"""What to say of a name that isn't known: most likely it is misspelt."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def hint_about(name: str, known: Iterable[str], *, what: str = "Known") -> str:
    """Return a hint: the known name that is nearest or, if none is near, all of them."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"{what}: {', '.join(names)}."
