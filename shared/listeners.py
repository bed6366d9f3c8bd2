"""Who listens to a signal, by dotted path: the name that dead letters and declarations have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from weakref import ReferenceType

from openedx_events.tooling import OpenEdxPublicSignal

PATH_LENGTH = 255
"""The width of the column that names a receiver."""


def named(path: str, signal: OpenEdxPublicSignal) -> list[Callable[..., Any]]:
    """Return the receivers of a signal by the path that a dead letter has, cut to its column."""
    return [each for _, each in _connected(signal) if each and path_of(each)[:PATH_LENGTH] == path]


def uids_of(path: str, signal: OpenEdxPublicSignal) -> list[Any]:
    """Return by what a signal knows the receivers of this path, as a ``dispatch_uid``."""
    return [uid for uid, receiver in _connected(signal) if path_of(receiver) == path]


def _connected(signal: OpenEdxPublicSignal) -> Iterator[tuple[Any, Any]]:
    """Yield a signal's receivers, each after the ``dispatch_uid`` or id that it is known by.

    What others connect for one sender is no concern of ours: the bus has none.
    """
    for key, receiver, *_ in signal.receivers:
        yield key[0], receiver() if isinstance(receiver, ReferenceType) else receiver


def path_of(receiver: object) -> str:
    """Return the dotted path of a receiver; of a partial, that of the function inside."""
    while isinstance(receiver, partial):
        receiver = receiver.func
    module = getattr(receiver, "__module__", "")
    return f"{module}.{getattr(receiver, '__qualname__', type(receiver).__name__)}"
