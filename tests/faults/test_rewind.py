"""``rewind`` moves a group on real Kafka: to consume again, or, asked twice, to pass over."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.exceptions import FatalError
from shared.kafka.rewinding import Group
from shared.kafka.targets import Edge
from tests.docs.blocks import run_by
from tests.faults import pages
from tests.faults.aftermath import assert_flawless, kept, outcomes
from tests.faults.arena import QUICK, Arena
from tests.faults.stream import stream
from tests.faults.test_authentication import REFUSED, SECRET, signed_in
from tests.processes import ROOT, wait_until
from tests.testapp.room import ROOM

SEED = 20261121
SIZE = 600

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def rewind(arena: Arena, to: str, *options: str, **environment: Any) -> dict[str, Any]:
    """Run the command and return what it prints; one that refuses has no output but its error."""
    command = [sys.executable, "manage.py", "rewind", ROOM, f"--to={to}", "--json", *options]
    environment = {"DJANGO_SETTINGS_MODULE": "tests.process_settings", **environment}
    done = subprocess.run(
        command, cwd=ROOT, env=arena.environment(**environment), capture_output=True, text=True
    )
    if done.returncode:
        assert "Traceback" not in done.stderr, done.stderr
        return {"refused": done.stderr.splitlines()[-1]}
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def sums(printed: dict[str, Any]) -> dict[str, int]:
    """Return how many messages all partitions together consume again or pass over."""
    return {n: sum(each[n] for each in printed["partitions"]) for n in ("again", "skipped")}


def settle_all(arena: Arena) -> None:
    """Let a worker settle what was published, and leave the group."""
    worker = arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    assert arena.drain(), arena.logs()
    assert worker.stop() == 0, worker.tail


def test_rewound_group_consumes_again(arena):
    """All of it is consumed a second time and changes nothing; what comes after it isn't lost."""
    messages = list(stream(SEED, 2 * SIZE))
    arena.publish(messages[:SIZE])
    settle_all(arena)
    rows, counts = kept(arena), outcomes(arena)
    assert sums(rewind(arena, "earliest")) == {"again": len(arena.landed), "skipped": 0}
    assert arena.committed() == arena.ends(), "the dry run moved the group"
    printed = rewind(arena, "earliest", "--apply")
    assert printed["applied"]
    assert arena.committed() == {}
    settle_all(arena)
    assert kept(arena) == rows
    again = {name: count - counts[name] for name, count in outcomes(arena).items()}
    assert (again["applied"], sum(again.values())) == (0, len(arena.landed))
    arena.publish(messages[SIZE:])
    arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=QUICK)
    assert_flawless(arena)


def test_page(arena, tmp_path):
    """Its commands say what would be, and then let all be consumed again."""
    (block,) = run_by(__file__)
    arena.publish(stream(SEED, SIZE))
    settle_all(arena)
    to_time, _ = pages.run(block, arena, tmp_path, time=datetime.now(UTC).isoformat())
    assert "0 messages would be consumed again. Nothing was changed" in to_time.output
    assert arena.committed() == {}


def test_time(arena):
    """The first messages that the broker was given at or after a time are the next ones."""
    arena.publish(stream(SEED, SIZE))
    earlier = arena.ends()
    time = datetime.now(UTC) + timedelta(milliseconds=2)  # Kafka's times have milliseconds
    wait_until(lambda: datetime.now(UTC) > time, "the clock")
    arena.publish(stream(SEED + 1, SIZE))
    settle_all(arena)
    rewind(arena, time.isoformat(), "--apply")
    assert arena.committed() == earlier
    settle_all(arena)
    assert sums(rewind(arena, "2100-01-01T00:00:00Z")) == {"again": 0, "skipped": 0}


def test_offsets(arena):
    """A partition that is named goes to its offset, the others stay."""
    arena.publish(stream(SEED, SIZE))
    settle_all(arena)
    before = arena.committed()
    rewind(arena, f"{arena.topic}[1]:5,{arena.topic}[2]:7", "--apply")
    assert arena.committed() == before | {1: 5, 2: 7}


def test_partition_that_the_broker_refuses(arena, settings):
    """One that is gone meanwhile, say: it is named, and so are those that were moved."""
    arena.publish(stream(SEED, SIZE))
    settle_all(arena)
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = arena.services.kafka.bootstrap_servers()
    group = Group(arena.group)
    first, second, *_ = group.moves([arena.topic], Edge.EARLIEST)
    before = arena.committed()
    said = (
        rf"refused to move {arena.topic}\[9\]: UNKNOWN_TOPIC_OR_PART\. "
        rf"It has moved: {arena.topic}\[0\]\. Hint: Look at it"
    )
    with pytest.raises(FatalError, match=said):
        group.move([first, replace(second, partition=9)])
    assert arena.committed() == {n: at for n, at in before.items() if n}


def test_skipping_is_asked_for(arena):
    """A group isn't moved forward unless that is allowed in so many words."""
    arena.publish(stream(SEED, SIZE))
    refused = rewind(arena, "latest", "--apply")["refused"]
    assert re.search(rf"would pass over {len(arena.landed)} messages.*--allow-skip", refused)
    assert arena.committed() == {}
    rewind(arena, "latest", "--apply", "--allow-skip")
    assert arena.committed() == arena.ends()


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_group_with_members_is_refused(arena, protocol, settings):
    """Their workers would commit over it; whichever protocol they have, the group stays.

    Also if they come after the command has looked for them: the broker sees to that.
    """
    config = {"group.protocol": protocol} if protocol == "consumer" else QUICK
    arena.publish(stream(SEED, SIZE))
    workers = [arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=config) for _ in range(2)]
    assert arena.drain(), arena.logs()
    if protocol == "classic":
        arena.wait_for_members(2)
    refused = rewind(arena, "earliest", "--apply")["refused"]
    assert re.search(rf"Group '{arena.group}' has .*members\. Hint: Stop its workers", refused)
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = arena.services.kafka.bootstrap_servers()
    group = Group(arena.group)
    with pytest.raises(FatalError, match=rf"^Group '{arena.group}' has members\. Hint: Stop its"):
        group.move(group.moves([arena.topic], Edge.EARLIEST))
    assert arena.committed() == arena.ends()
    for worker in workers:
        assert worker.stop() == 0, worker.tail
    assert rewind(arena, "earliest", "--apply")["applied"]
    assert arena.committed() == {}


def test_static_member(arena):
    """It stays one while its session lasts, though it was stopped: the refusal says so."""
    config = {**QUICK, "session.timeout.ms": 6000, "group.instance.id": "one"}
    arena.publish(stream(SEED, SIZE))
    worker = arena.start(EVENT_SYNC_KAFKA_CONSUMER_CONFIG=config)
    assert arena.drain(), arena.logs()
    assert worker.stop() == 0, worker.tail
    refused = rewind(arena, "earliest", "--apply")["refused"]
    assert "or has a group.instance.id, is a member until its session ends" in refused
    wait_until(lambda: "applied" in rewind(arena, "earliest", "--apply"), "the session's end")
    assert arena.committed() == {}


def test_who_may_not_move_it(arena):
    """A wrong password is named as what it is, and the right one is that of the workers."""
    arena.publish(stream(SEED, SIZE))
    settle_all(arena)
    refused = rewind(arena, "earliest", **signed_in(arena.services, password=SECRET))["refused"]
    assert re.search(REFUSED, refused)
    assert SECRET not in refused
    assert arena.committed() == arena.ends()
    rewind(arena, "earliest", "--apply", **signed_in(arena.services))
    assert arena.committed() == {}
