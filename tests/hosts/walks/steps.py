"""From a host's old way to the bus, and back, by its page's commands and docs/how_to/cut_over.md.

``make walk-host`` runs this with the host's environment; it is no part of the other test runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.walks.description import walk_of
from tests.hosts.walks.service import Service
from tests.services import running


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The host that ``make walk-host`` names, with the servers that it has started."""
    asked = json.loads(os.environ["EVENT_SYNC_WALK"])
    host = asked.pop("host")
    checkout = Path(asked.pop("checkout"))
    with closing(
        Service(host, walk_of(host), running(), tmp_path, checkout=checkout, **asked)
    ) as service:
        yield service


class Walk:
    """The row's values, one after the other, and who has told of them."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.room = service.walk.room
        self.shadows = dict.fromkeys(service.walk.consumers, "shadow")
        self._times: dict[str, datetime] = {}

    def old_way(self, value: str) -> None:
        """Let the host's old way write a value."""
        self.service.inside("write", value, self._time(value).isoformat())

    def bus(self, value: str) -> None:
        """Publish a value."""
        self.service.publish(value, self._time(value))

    def _time(self, value: str) -> datetime:
        # When the source saved it: both ways tell the same.
        return self._times.setdefault(value, datetime.now(UTC))

    def says(self) -> str:
        """Return what the host's row says."""
        value: str = self.service.inside("says")
        return value

    def report(self, *, is_good: bool) -> dict[str, Any]:
        """Return what the report says of the row's consumer, and see how it ends."""
        status = 0 if is_good else 1
        self.service.manage("shadow_report", self.room, status=status)
        printed = self.service.manage("shadow_report", self.room, "--json", status=status)
        consumers = json.loads(printed.splitlines()[-1])["consumers"]
        (found,) = (c for c in consumers if c["consumer"] == self.service.walk.consumer)
        counts: dict[str, Any] = found
        return counts

    def rewind(self, *options: str) -> tuple[int, int]:
        """Rewind, and return how many messages come again and how many are passed over."""
        printed = self.service.manage("rewind", self.room, *options, "--json")
        partitions = json.loads(printed.splitlines()[-1])["partitions"]
        again, skipped = (sum(p[name] for p in partitions) for name in ("again", "skipped"))
        return again, skipped


def test_walk(service: Service) -> None:
    """Installed, in shadow, live, back, and gone: each step ends as the pages say."""
    walk = Walk(service)
    install(walk)
    try:
        run_shadow(walk)
        cut_over(walk)
        write_late(walk)
        go_back(walk)
        leave(walk)
    except AssertionError as error:
        logs = "\n\n".join(worker.tail for worker in service.workers)
        raise AssertionError(f"{error}\n{logs}") from None


def install(walk: Walk) -> None:
    """The host's own tables, and those of this project; nothing is missing."""
    walk.service.manage("check")
    walk.service.manage("migrate", "--verbosity=0")
    shown = walk.service.manage("showmigrations", "event_sync")
    assert "[X] 0001_initial" in shown
    assert "[ ]" not in shown
    walk.service.inside("prepare")


def run_shadow(walk: Walk) -> None:
    """Report and host differ while one way is ahead, and the shadow writes nothing."""
    walk.old_way("0.51")
    walk.bus("0.51")
    walk.service.configure(walk.shadows)
    walk.service.start("--shadow")
    walk.service.settle(shadow=True)
    assert walk.report(is_good=True)["agree"] == 1

    walk.bus("0.52")
    walk.service.settle(shadow=True)
    assert walk.report(is_good=False)["differ"] == 1
    assert walk.says() == "0.51"
    walk.old_way("0.52")
    assert walk.report(is_good=True)["agree"] == 1


def cut_over(walk: Walk) -> None:
    """The room begins where the report agreed, and goes on from there; no event is buried."""
    since = (datetime.now(UTC) + timedelta(milliseconds=1)).isoformat()
    to = (f"--to={since}", "--allow-skip")
    assert walk.rewind(*to) == (0, 2)
    assert walk.rewind(*to, "--apply") == (0, 2)
    assert walk.service.workers[-1].stop() == 0
    walk.service.configure({})
    worker = walk.service.start()
    walk.bus("0.53")
    walk.service.settle()
    assert walk.says() == "0.53"
    if receiver := walk.service.walk.supersedes:
        assert any("receiver.superseded" in line and receiver in line for line in worker.lines)
    walk.old_way("0.53")
    walk.old_way("0.54")
    walk.bus("0.54")
    walk.service.settle()
    assert walk.says() == "0.54"
    assert walk.service.inside("unsettled") == 0
    refused = walk.service.manage("rewind", walk.room, "--to=earliest", "--apply", status=1)
    assert "has 1 member" in refused


def write_late(walk: Walk) -> None:
    """A late write of the old way overwrites, and is healed as the host's page says."""
    walk.old_way("0.53")
    assert walk.says() == "0.53"
    assert walk.service.workers[-1].stop() == 0
    assert walk.rewind("--to=earliest", "--apply") == (4, 0)
    walk.service.start()
    walk.service.settle()
    assert walk.says() == ("0.54" if walk.service.walk.is_healed_by_rewind else "0.53")
    walk.bus("0.55")
    walk.service.settle()
    assert walk.says() == "0.55"


def go_back(walk: Walk) -> None:
    """The old way goes on with what the bus has left, and the bus with what that has left."""
    assert walk.service.workers[-1].stop() == 0
    walk.service.configure(walk.shadows)
    walk.old_way("0.56")
    walk.bus("0.56")
    walk.service.manage("forget_shadow", walk.room)
    assert walk.rewind("--shadow", "--to=earliest", "--apply") == (2, 0)
    walk.service.start("--shadow")
    walk.service.settle(shadow=True)
    assert walk.report(is_good=True)["agree"] == 1

    assert walk.service.workers[-1].stop() == 0
    walk.service.configure({})
    walk.service.start()
    walk.service.settle()
    assert walk.says() == "0.56"
    walk.bus("0.57")
    walk.service.settle()
    assert walk.says() == "0.57"
    assert walk.service.inside("unsettled") == 0


def leave(walk: Walk) -> None:
    """What this project has made can be taken away again; the host's row stays."""
    assert walk.service.workers[-1].stop() == 0
    walk.service.manage("migrate", "event_sync", "zero")
    assert "[X]" not in walk.service.manage("showmigrations", "event_sync")
    assert walk.says() == "0.57"
