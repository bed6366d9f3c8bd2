"""License Manager tells of licenses while it saves them; here it is once they are committed.

Otherwise a batch that is rolled back would tell of rows that aren't there, once for each try. What
tells is no argument of License Manager's functions: it is wrapped where these look for it. All
that isn't written by a destination passes straight through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from threading import local

from django.db import transaction

from enterprise_license_sync.hosts.license_manager.host import LICENSE_MANAGER, TRACK


class _State(local):
    """Whether this thread is writing what came by event."""

    is_writing = False


_state = _State()


@dataclass(frozen=True, slots=True)
class _OnCommit:
    """Tells when the transaction of the row is committed, and not at all if that is rolled back."""

    track: Callable[..., object]

    def __call__(self, *args: object, **kwargs: object) -> None:
        tell = partial(self.track, *args, **kwargs)
        if _state.is_writing:
            transaction.on_commit(tell, robust=True)
        else:
            tell()


@contextmanager
def told_on_commit() -> Iterator[None]:
    """Let what a block tells of licenses wait for the commit of what it writes."""
    for path in TRACK:
        _wrap(path)
    _state.is_writing = True
    try:
        yield
    finally:
        _state.is_writing = False


def _wrap(path: str) -> None:
    track = LICENSE_MANAGER.function(path)
    if not isinstance(track, _OnCommit):
        module, _, name = path.rpartition(".")
        setattr(import_module(module), name, _OnCommit(track))
