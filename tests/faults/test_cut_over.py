"""The commands of docs/how_to/cut_over.md on real Kafka: shadow, comparison, live, and back."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import run_by
from tests.faults import pages
from tests.faults.aftermath import assert_flawless, kept
from tests.faults.arena import QUICK, Arena
from tests.faults.stream import What, stream
from tests.processes import ROOT, Process, wait_until
from tests.testapp.room import ROOM

SEED = 20261122
SIZE = 600
AGREES = "All that the events say is what the host holds."
SHADOW = {"MODES": {"shelves": "shadow", "books": "shadow"}}

both = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
one = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def command(arena: Arena, *arguments: str, event_sync: dict[str, Any]) -> tuple[int, Any]:
    """Run a command to its end; return its status and the JSON that it prints."""
    settings: dict[str, Any] = {
        "DJANGO_SETTINGS_MODULE": "tests.process_settings",
        "EVENT_SYNC": event_sync,
    }
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments, "--json"],
        cwd=ROOT,
        env=arena.environment(**settings),
        capture_output=True,
        text=True,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def report(arena: Arena) -> tuple[int, dict[str, int]]:
    """Return the status of a comparison, and the sums of its counts."""
    status, printed = command(arena, "shadow_report", ROOM, event_sync=SHADOW)
    names = ("records", "agree", "missing")
    return status, {name: sum(c[name] for c in printed["consumers"]) for name in names}


def behind(arena: Arena) -> int:
    """Return how many messages the shadow has yet to take, by a dry run while it may run."""
    _, printed = command(arena, "rewind", ROOM, "--shadow", "--to=latest", event_sync=SHADOW)
    return sum(partition["skipped"] for partition in printed["partitions"])


def start_shadow(arena: Arena, folder: Path) -> Process:
    """Start a worker of the room's shadow."""
    environment = arena.environment(
        DJANGO_SETTINGS_MODULE="tests.process_settings",
        EVENT_SYNC=SHADOW,
        EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK,
    )
    worker = Process(["run_consumers", ROOM, "--shadow"], environment, folder / "shadow.log")
    arena.workers.append(worker)
    return worker


def go_live(arena: Arena) -> None:
    """Let a live worker settle all there is, and leave the group."""
    worker = arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    assert arena.drain(), arena.logs()
    assert worker.stop() == 0, worker.tail


@both
def test_shadow_live_and_back(arena, tmp_path):
    """What the shadow kept is what a live worker then writes; back and forth loses nothing."""
    sound = [said for said in stream(SEED, 2 * SIZE) if said.what in (What.SHELF, What.BOOK)]
    said = [each for each in sound if not each.code.startswith("lost-")]
    arena.publish(said[:SIZE])
    assert behind(arena) == SIZE
    shadow = start_shadow(arena, tmp_path)
    assert arena.drain(f"{arena.group}-shadow"), arena.logs()
    status, counts = report(arena)
    assert (status, counts["agree"], counts["missing"]) == (1, 0, counts["records"])
    assert arena.committed() == {}
    assert behind(arena) == 0

    go_live(arena)
    assert report(arena) == (0, {**counts, "agree": counts["records"], "missing": 0})

    arena.publish(said[SIZE:])
    assert arena.drain(f"{arena.group}-shadow"), arena.logs()
    assert report(arena)[0] == 1, "the host doesn't have the newer events"
    before = kept(arena)
    status, printed = command(arena, "rewind", ROOM, "--to=earliest", "--apply", event_sync={})
    assert (status, sum(p["again"] for p in printed["partitions"])) == (0, SIZE)
    assert kept(arena) == before

    go_live(arena)
    assert report(arena)[0] == 0
    assert shadow.stop() == 0, shadow.tail
    assert_flawless(arena)


@both
def test_consumer_that_goes_live_later(arena):
    """A worker names it, with the command that mends it; after that nothing is missing."""
    arena.publish(stream(SEED, SIZE))
    books_aside = arena.start(
        EVENT_SYNC={"MODES": {"books": "shadow"}}, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK
    )
    assert arena.drain(), arena.logs()
    assert books_aside.stop() == 0, books_aside.tail
    assert "consumer.late" not in arena.logs()

    assert mended(arena) == len(arena.landed)
    worker = arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    assert_flawless(arena)
    assert "consumer.late" not in worker.output


def test_consumer_that_was_aside_for_a_while(arena):
    """Only what it has missed is consumed again, and after that nothing is missing."""
    events, landed = list(stream(SEED, SIZE)), list[int]()
    for modes, part in (({}, events[: SIZE // 2]), ({"books": "shadow"}, events[SIZE // 2 :])):
        arena.publish(part)
        landed.append(len(arena.landed))
        worker = arena.start(EVENT_SYNC={"MODES": modes}, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
        assert arena.drain(), arena.logs()
        assert worker.stop() == 0, worker.tail

    before, after = landed
    assert mended(arena) == after - before
    worker = arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    assert_flawless(arena)
    assert "consumer.late" not in worker.output


def mended(arena: Arena) -> int:
    """Do what a worker says is to be done about a late consumer; return how much comes again."""
    worker = arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    hint = re.compile(r"consumer\.late .*consumer=books .*manage\.py (rewind .*--apply)")
    found = wait_until(lambda: "".join(hint.findall(worker.output)), "what the worker says")
    assert worker.stop() == 0, worker.tail
    status, printed = command(arena, *shlex.split(found), event_sync={})
    assert status == 0
    return sum(partition["again"] for partition in printed["partitions"])


@one
def test_page_is_a_session(arena, tmp_path):
    """Its blocks, in their order and with the time that was noted, take a host over to the bus."""
    start, compare, anew, choose, later, live = run_by(__file__)
    said = [each for each in stream(SEED, SIZE) if each.what in (What.SHELF, What.BOOK)]
    arena.publish(each for each in said if not each.code.startswith("lost-"))
    old_way = arena.start(group=f"{arena.group}-old", EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    assert arena.drain(f"{arena.group}-old"), arena.logs()
    assert old_way.stop() == 0, old_way.tail
    rows = kept(arena)
    pages.note_migrations(arena)

    pages.run(start, arena, tmp_path, event_sync=SHADOW)
    shadow = start_shadow(arena, tmp_path)
    assert arena.drain(f"{arena.group}-shadow"), arena.logs()
    behind, date, report = pages.run(compare, arena, tmp_path, event_sync=SHADOW)
    assert "0 messages would be consumed again. Nothing was changed" in behind.output
    assert (report.status, report.output.splitlines()[-1]) == (0, AGREES)
    assert shadow.stop() == 0, shadow.tail
    pages.run(anew, arena, tmp_path, event_sync=SHADOW)
    assert arena.committed(f"{arena.group}-shadow") == {}

    pages.run(choose, arena, tmp_path, time=date.output)
    pages.run(later, arena, tmp_path)
    assert arena.committed() == {}
    pages.run(live, arena, tmp_path)
    assert arena.committed()
    go_live(arena)
    assert kept(arena) == rows
