"""``run_consumers`` of several rooms: a process for each, started again, stopped together."""

from __future__ import annotations

import os
import re
import signal

from confluent_kafka import KafkaError

from shared import registry
from shared.supervisor import FATAL_STATUS
from tests.cluster import Cluster
from tests.grades import ROOM, Grade, table_of
from tests.processes import Process, wait_until

LIBRARY = "tests.testapp"
ROOMS = (ROOM, LIBRARY)


def start(cluster: Cluster, **event_sync: object) -> Process:
    """Start the supervisor of two rooms and wait until their workers run."""
    cluster.broker.create_topic("tests-library")
    command = cluster.start("run_consumers", *ROOMS, ROOM, EVENT_SYNC=event_sync)
    for room in ROOMS:
        command.wait_for(f"worker.started room={room}")
    return command


def pids(command: Process, room: str) -> list[int]:
    """Return the processes that a room has had."""
    return [int(p) for p in re.findall(f"worker.launched room={room} pid=(\\d+)", command.output)]


def crash(command: Process, room: str) -> None:
    """Kill a room's worker, as the system does when memory is short."""
    os.kill(pids(command, room)[-1], signal.SIGKILL)


def assert_left(command: Process, *rooms: str) -> None:
    """See that the workers of these rooms, and no others, have left their groups."""
    assert sorted(re.findall(r"worker.stopped room=(\S+)", command.output)) == sorted(rooms)


def test_told_to_stop(cluster: Cluster) -> None:
    """Each room has one worker, however often it is named; told to stop, all leave."""
    command = start(cluster)
    cluster.publish(Grade())
    cluster.wait_until_settled()
    assert cluster.table() == table_of([Grade()])
    assert command.stop() == 0
    assert_left(command, *ROOMS)
    assert {room: len(pids(command, room)) for room in ROOMS} == {ROOM: 1, LIBRARY: 1}


def test_interrupted_at_a_terminal(cluster: Cluster) -> None:
    """The workers, which don't hear of it themselves, end as their supervisor does."""
    command = start(cluster)
    command.send_to_group(signal.SIGINT)
    assert command.exit_status() == 0
    assert command.output.count("stopping signal=SIGTERM") == 2
    assert_left(command, *ROOMS)


def test_all(cluster: Cluster) -> None:
    """Every room has a worker; before these can listen they may be told to stop as well."""
    command = cluster.start("run_consumers", "--all")
    rooms = {LIBRARY, *(room.name for room in registry.rooms())}
    wait_until(lambda: all(pids(command, room) for room in rooms), "the workers' start")
    assert command.stop() == 0
    assert command.output.count("worker.launched") == len(rooms) > len(ROOMS)
    assert "Traceback" not in command.output


def test_all_shadows(cluster: Cluster) -> None:
    """With --shadow each room that has a consumer in shadow has a worker, and no other room."""
    modes = {"user-grades": "shadow", "books": "shadow"}
    cluster.broker.create_topic("tests-library")
    command = cluster.start("run_consumers", "--all", "--shadow", EVENT_SYNC={"MODES": modes})
    for room in ROOMS:
        command.wait_for(f"worker.started room={room}-shadow group={room}-shadow")
    cluster.publish(Grade())
    cluster.wait_until_settled(f"{ROOM}-shadow")
    assert cluster.table() == {}
    assert cluster.query("SELECT sync_key FROM event_sync_shadowrecord") != []
    assert command.stop() == 0
    assert_left(command, *(f"{room}-shadow" for room in ROOMS))
    assert command.output.count("worker.launched") == len(ROOMS)


def test_crash(cluster: Cluster) -> None:
    """The worker is started again and goes on; its neighbour isn't disturbed."""
    command = start(cluster, BACKOFF_INITIAL=0.1)
    cluster.publish(Grade())
    cluster.wait_until_settled()
    crash(command, ROOM)
    command.wait_for(rf"WARNING worker.ended room={ROOM} status=SIGKILL attempt=1 pause=0.1s")
    cluster.publish(Grade(second=1, percent=80))
    cluster.wait_until_settled()
    assert cluster.table() == table_of([Grade(second=1, percent=80)])
    assert command.stop() == 0
    assert len(set(pids(command, ROOM))) == 2
    assert len(pids(command, LIBRARY)) == 1
    assert_left(command, *ROOMS)


def test_told_to_stop_while_a_room_pauses(cluster: Cluster) -> None:
    """The others leave, and the pause isn't waited for."""
    command = start(cluster, BACKOFF_INITIAL=600, BACKOFF_MAX=600)
    crash(command, ROOM)
    command.wait_for(f"worker.ended room={ROOM} status=SIGKILL")
    assert command.stop() == 0
    assert_left(command, LIBRARY)


def test_fatal(cluster: Cluster) -> None:
    """One line names the room and its worker's own error; the other worker leaves."""
    command = start(cluster, BACKOFF_INITIAL=0.1)
    cluster.broker.set_topic_error("tests-library", KafkaError.TOPIC_AUTHORIZATION_FAILED)
    crash(command, LIBRARY)  # the next one asks for the topic
    assert command.exit_status() == FATAL_STATUS
    error = "The broker refuses us: TOPIC_AUTHORIZATION_FAILED"
    own, ours = (line for line in command.lines if error in line)
    assert own.startswith(f"CommandError: Fatal: {error}")
    assert ours.startswith(f"CommandError: Fatal: The worker of {LIBRARY} ended as fatal: {error}")
    assert ours == command.lines[-1]
    assert_left(command, ROOM)


def test_supervisor_is_killed(cluster: Cluster) -> None:
    """Its workers notice that by themselves and leave."""
    command = start(cluster)
    command.stop(signal.SIGKILL)
    wait_until(lambda: command.output.count("worker.stopped") == 2, "the workers' end")
    assert command.output.count("WARNING stopping parent=") == 2
