"""``sync_status`` answers a person in a screen, a script by its status."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from shared import registry
from shared.management.commands.sync_status import Command
from shared.metrics import LATENCY_BUCKETS
from shared.models import DeadLetter, OutcomeCount, WorkerMinute
from shared.states import State
from tests.cluster import Cluster
from tests.grades import ROOM, Grade

pytestmark = pytest.mark.django_db

LICENSES = "enterprise_license_sync"
OTHER_ROOM = "discovery_course_run_sync"


def tell(**values: Any) -> None:
    """Keep a sign of life of the room's worker."""
    now = timezone.now()
    WorkerMinute.objects.create(
        **{
            "worker": "host:1",
            "room": ROOM,
            "minute": now.replace(second=0, microsecond=0),
            "group": ROOM,
            "mode": "live",
            "started_at": now,
            "seen_at": now,
            "progress_at": now,
            "state": State.RUNNING,
            "lag": {"topic[0]": 1200},
            "latencies": [],
            **values,
        }
    )


def test_a_room_that_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0, and the numbers."""
    tell()
    call_command("sync_status", ROOM)
    printed = capsys.readouterr().out
    assert printed.startswith(f"{ROOM} (live, group {ROOM})\n")
    assert "lag 1,200 messages" in printed
    assert "worker host:1: running" in printed
    assert "Nothing is wrong." in printed


def test_a_room_that_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 1, and why."""
    tell(state=State.WAITING, reason="The [database] failed.")
    with pytest.raises(SystemExit) as ended:
        call_command("sync_status", ROOM)
    assert ended.value.code == 1
    assert "Worker host:1 waits: The [database] failed." in capsys.readouterr().out


def test_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """All names and numbers are whole in 80 columns."""
    now = timezone.now()
    counts = {"applied": 1_234_567, "unchanged": 12, "dead": 3}
    for consumer in ("licenses", ""):
        OutcomeCount.objects.create(
            worker="host:1", room=LICENSES, consumer=consumer, minute=now, **counts
        )
    monkeypatch.setenv("COLUMNS", "80")
    stream = StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    with pytest.raises(SystemExit):
        call_command("sync_status", LICENSES, stdout=stream, no_color=True)
    text = re.sub(r"\x1b\[\d*m", "", stream.getvalue())
    assert max(map(len, text.splitlines())) <= 80
    for each in registry.get_room(LICENSES).consumers:
        assert each.name in text
    assert re.search(r"│ applied /h +│.*│1,234,567 │", text)
    assert re.search(r"│ dead letters +│ .* 0 │", text)


def test_replayed_ones_are_not_fewer_than_none(capsys: pytest.CaptureFixture[str]) -> None:
    """What was buried before the hour and replayed in it is taken off the dead, down to zero."""
    tell()
    OutcomeCount.objects.create(
        worker="a replay", room=ROOM, consumer="user-grades", minute=timezone.now(), dead=-1
    )
    call_command("sync_status", ROOM)
    assert re.search(r"│ dead /h +│ +0 │", capsys.readouterr().out)


def test_latency_is_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the dashboard."""
    counts = [0] * (len(LATENCY_BUCKETS) + 1)
    counts[LATENCY_BUCKETS.index(7200)] = 9
    tell(latencies=[*counts[:-1], 1])
    call_command("sync_status", ROOM)
    assert re.search(r"latency p50 \d+\smin, p99 over\s2\sh$", capsys.readouterr().out, re.M)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One array, of all rooms if none is named."""
    with pytest.raises(SystemExit):
        call_command("sync_status", "--json")
    found = {room["room"]: room for room in json.loads(capsys.readouterr().out)}
    assert ROOM in found
    assert found[ROOM]["problems"] == ["No worker has run in the last day."]
    assert found[ROOM]["lag"] is None


def test_json_of_a_room_that_has_worked(capsys: pytest.CaptureFixture[str]) -> None:
    """All numbers by their names, and the times of what is dead."""
    now = timezone.now()
    tell()
    minute = now.replace(second=0, microsecond=0)
    OutcomeCount.objects.create(
        worker="host:1", room=ROOM, consumer="user-grades", minute=minute, applied=3
    )
    DeadLetter.objects.create(
        room=ROOM, consumer="user-grades", topic="t", partition=0, offset=1, buried_at=now
    )
    with pytest.raises(SystemExit):
        call_command("sync_status", ROOM, "--json")
    ((grades,),) = [room["consumers"] for room in json.loads(capsys.readouterr().out)]
    assert (grades["last_hour"]["applied"], grades["last_day"]["dead"]) == (3, 0)
    assert (grades["dead"]["count"], grades["parked"]) == (1, None)


def test_unknown_room() -> None:
    """What there is, is said."""
    with pytest.raises(CommandError, match="Fatal: There is no room named 'grade'") as error:
        call_command("sync_status", "grade")
    assert error.value.returncode == 3


def test_bad_setting(settings: Any) -> None:
    """One line that names it, and not the status of a room that is unwell."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "MONITOR_INTERVAL": -1}
    with pytest.raises(CommandError, match=r"Fatal: EVENT_SYNC\['MONITOR_INTERVAL'\]") as error:
        # As manage.py does it: call_command leaves the system checks out.
        Command().execute(
            rooms=[],
            ask_broker=False,
            json=False,
            skip_checks=False,
            force_color=False,
            no_color=True,
        )
    assert error.value.returncode == 3


def test_without_tables() -> None:
    """One line, and what to do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE event_sync_workerminute RENAME TO away")
    with pytest.raises(CommandError, match="Are the migrations applied"):
        call_command("sync_status")


def test_broker_that_tells_of_one_room_only(
    cluster: Cluster, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it says of the one is told, and of the other why it isn't."""
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = cluster.broker.bootstrap_servers
    cluster.publish(Grade(), Grade())
    with pytest.raises(SystemExit):
        call_command("sync_status", ROOM, OTHER_ROOM, "--ask-broker", "--json")
    grades, runs = json.loads(capsys.readouterr().out)
    assert (grades["lag"], runs["lag"]) == (2, None)
    assert not any("topic" in problem for problem in grades["problems"])
    assert any("The broker has no topic" in problem for problem in runs["problems"])


def test_broker_that_is_not_configured(settings: Any) -> None:
    """One line, and what to do."""
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = None
    with pytest.raises(CommandError, match="EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS is not set"):
        call_command("sync_status", ROOM, "--ask-broker")
