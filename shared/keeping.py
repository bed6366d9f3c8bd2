"""Keeps what was made of a value that comes again and again, unless it is long.

``functools.lru_cache`` bounds how many are kept, and not how much: a producer may put as much into
one value as a message takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

_LONGEST = 1000


class Kept(dict[K, V]):
    """What ``make`` makes, by what it was made of; when there are ``most`` it starts anew.

    ``length`` says how long such a value is.
    """

    def __init__(self, make: Callable[[K], V], *, most: int, length: Callable[[K], int]) -> None:
        self._make = make
        self._most = most
        self._length = length

    def __missing__(self, key: K) -> V:
        value = self._make(key)
        if self._length(key) <= _LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return value
