"""License Manager's lock on assigning a plan's licenses, kept from a write to its commit.

Only then can License Manager see who has a license. The lock is a cached value that anybody may
take; which ones are ours is known in here, so that a batch that is written in several goes, or
once more after it was rolled back, isn't in its own way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from time import monotonic
from typing import TypeAlias
from uuid import UUID

from django.db import transaction
from edx_django_utils.cache import RequestCache

from enterprise_license_sync.hosts.license_manager.host import (
    LICENSE_MANAGER,
    LOCK,
    UNLOCK,
    Row,
)

SECONDS = 30
"""How long assigning stays locked should the transaction come to nothing."""

Take: TypeAlias = Callable[[Row], bool]
"""Takes the lock of a plan, or returns False if somebody else has it."""


class _Own(local):
    """Until when this thread's locks are surely its own, by plan."""

    def __init__(self) -> None:
        self.until: dict[UUID, float] = {}


_own = _Own()


@contextmanager
def assignment_locks() -> Iterator[Take]:
    """Let a block take locks, to be released once its transaction is committed."""
    taken: dict[UUID, Row] = {}
    used: dict[UUID, Row] = {}

    def take(plan: Row) -> bool:
        if _own.until.get(plan.pk, 0) < monotonic():
            # Nothing else empties a worker's own cache, in which a lock once seen would stay.
            RequestCache.clear_all_namespaces()
            if not LICENSE_MANAGER.function(LOCK)(plan, django_cache_timeout=SECONDS):
                return False
            _own.until[plan.pk] = monotonic() + SECONDS / 2
            taken[plan.pk] = plan
        used[plan.pk] = plan
        return True

    try:
        yield take
    except BaseException:
        _release(taken)
        raise

    def release() -> None:
        _release(used)

    if used:
        transaction.on_commit(release, robust=True)


def _release(plans: dict[UUID, Row]) -> None:
    for plan in plans.values():
        if _own.until.pop(plan.pk, None):
            LICENSE_MANAGER.function(UNLOCK)(plan)
