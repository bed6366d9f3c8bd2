"""Dead letters are replayed beside workers that run: no event is lost, doubled or overtaken."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.faults.aftermath import assert_flawless, dead_letters
from tests.faults.arena import QUICK, Arena
from tests.faults.stream import stream
from tests.faults.test_poison_flood import BROKEN, LET_THROUGH
from tests.processes import PATIENCE, ROOT, wait_until

SEED = 20261122
SIZE = 1_000
RATE = 1_000


class Replay:
    """``dead_letters replay --apply`` in a process of its own."""

    def __init__(self, arena: Arena, log: Path, **event_sync: Any) -> None:
        command = ["manage.py", "dead_letters", "replay", "--apply", "--json"]
        # A file: a pipe that nobody reads yet would hold it up when it is full.
        self._log = log
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=arena.environment(EVENT_SYNC=event_sync),
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()
        self._process.communicate()

    def results(self) -> Counter[str]:
        """Return how many letters ended how; it may have met one that is still dead."""
        printed, _ = self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode in (0, 1), self._log.read_text()[-2000:]
        document = json.loads(printed)
        assert not document["problem"], document["problem"]
        return Counter(document["results"])


def bury_all(arena: Arena) -> int:
    """Let a broken deploy bury all that was published; return how many dead letters there are."""
    worker = arena.start(EVENT_SYNC=BROKEN | LET_THROUGH, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    assert arena.drain(), arena.logs()
    assert worker.stop() == 0, worker.tail
    return len(dead_letters(arena))


def count(arena: Arena, statement: str) -> int:
    """Return the only number that a query answers with."""
    ((number,),) = arena.query(f"SELECT count(*) FROM {statement}")
    return int(number)


def test_two_replays_beside_workers(arena, tmp_path):
    """Old events are replayed while newer ones arrive; the rows are those of the newest events."""
    messages = list(stream(SEED, 2 * SIZE))
    arena.publish(messages[:SIZE])
    buried = bury_all(arena)
    assert buried > SIZE / 2
    for _ in range(2):
        # The breaker looks back over the start at what was buried, and isn't what is tried here.
        arena.start(EVENT_SYNC=LET_THROUGH, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    with arena.publishing(messages[SIZE:], RATE):
        replays = [Replay(arena, tmp_path / f"{number}.log", BATCH_SIZE=50) for number in range(2)]
        results = sum((replay.results() for replay in replays), Counter())
    # What one found in the other's hands, and what a worker had just in its own.
    Replay(arena, tmp_path / "last.log").results()
    assert results["applied"] > 0
    assert results["stale"] > 0, results
    assert_flawless(arena)


def test_replay_that_is_killed(arena, tmp_path):
    """What it had done is done and recorded once; the next one does the rest."""
    arena.publish(stream(SEED, SIZE))
    buried = bury_all(arena)
    killed = Replay(arena, tmp_path / "killed.log", BATCH_SIZE=10)
    wait_until(lambda: count(arena, "event_sync_repair"), "the first batch")
    killed.kill()
    done = count(arena, "event_sync_repair")
    assert 0 < done < buried
    assert Replay(arena, tmp_path / "next.log").results().total() == buried - done
    repaired = "event_sync_repair"
    assert count(arena, repaired) == buried
    assert count(arena, f"(SELECT DISTINCT place, consumer FROM {repaired}) AS each_once") == buried
    # The children that were replayed before their parents wait for a worker.
    worker = arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    worker.wait_for(r"worker\.started")
    assert_flawless(arena)
