"""A backlog is drained in the memory and at the pace of its beginning, however long it is."""

from __future__ import annotations

from itertools import pairwise
from time import monotonic
from typing import NamedTuple

from tests.faults.aftermath import assert_flawless
from tests.faults.arena import Arena
from tests.faults.stream import stream

SEED = 20261107
_GROWTH = 1.15
"""A worker that forgot nothing would grow by a quarter over the small backlog."""
_DECAY = 3


class Moment(NamedTuple):
    """How far a worker had come, when, and the most memory that it had held by then."""

    committed: int
    seconds: float
    peak_memory: int


def drain_backlog(arena: Arena, *, events: int) -> list[Moment]:
    """Let one worker drain a backlog; return its first commit and the end of each fifth."""
    arena.publish(stream(SEED, events))
    total = len(arena.landed)
    worker = arena.start()
    moments = []
    for count in (1, *(total * fifth // 5 for fifth in range(1, 6))):
        committed = arena.wait_for_commits(count)
        moments.append(Moment(committed, monotonic(), worker.peak_memory))
    return moments


def _rate(start: Moment, end: Moment) -> float:
    return (end.committed - start.committed) / (end.seconds - start.seconds)


def test_backlog_is_drained(arena, is_full, report):
    """Nothing grows with what is behind the worker: its memory doesn't, nor does its time."""
    moments = drain_backlog(arena, events=1_000_000 if is_full else 12_000)
    rates = [_rate(*each) for each in pairwise(moments)]
    first, end = moments[1], moments[-1]
    report(
        f"backlog, {arena.server.name}: {end.committed} events, {_rate(moments[0], end):.0f}/s"
        f" (by fifths: {', '.join(f'{rate:.0f}' for rate in rates)}), peak memory"
        f" {first.peak_memory >> 20} MiB after {first.committed},"
        f" {end.peak_memory >> 20} MiB after all"
    )
    assert end.peak_memory < first.peak_memory * _GROWTH
    # A fifth of the small backlog is over in seconds: whatever else runs would decide.
    assert not is_full or rates[-1] * _DECAY > rates[0], rates
    assert_flawless(arena)
