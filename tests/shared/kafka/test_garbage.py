"""A worker's collections pass over what was there before it, and over nothing else."""

from __future__ import annotations

import gc
from weakref import ref

from shared.kafka.garbage import seldom_collected


class Cycle:
    """An object that only a collection can free."""

    def __init__(self) -> None:
        self.itself = self


def test_service_is_passed_over() -> None:
    """No collection looks at an object that was there, until the block ends."""
    service = Cycle()
    with seldom_collected():
        assert not any(each is service for each in gc.get_objects())
    assert any(each is service for each in gc.get_objects())


def test_collector_is_itself_again_afterwards() -> None:
    """Who runs a worker in a process of their own finds it as it was."""
    before = gc.get_threshold()
    with seldom_collected():
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before


def test_garbage_of_the_work_is_collected() -> None:
    """What is made during the block is freed as ever."""
    with seldom_collected():
        made = ref(Cycle())
        gc.collect()
        assert made() is None


def test_garbage_from_before_is_not_kept() -> None:
    """What nobody needs any more when the block begins doesn't stay for its length."""
    left = ref(Cycle())
    with seldom_collected():
        assert left() is None
