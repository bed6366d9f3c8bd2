"""A worker in a process of its own tells how it is, on its port and in the database."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.pausing import switch_of
from tests.cluster import Cluster
from tests.grades import ROOM, TOPIC, Grade
from tests.processes import PATIENCE, Process, wait_until


@dataclass(frozen=True)
class Watched:
    """A worker with a port."""

    process: Process
    port: int

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of an answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Return the values of this project's metrics, by name and labels without the room."""
        _, text = self.get("/metrics")
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        return {
            (s.name, frozenset((s.labels.items()) - {("room", ROOM)})): s.value
            for s in samples
            if s.name.startswith("event_sync_")
        }

    def metric(self, name: str, **labels: str) -> float | None:
        """Return one value, if it is there."""
        return self.metrics().get((f"event_sync_{name}", frozenset(labels.items())))


@pytest.fixture
def worker(cluster: Cluster) -> Iterator[Watched]:
    """The room's worker, with any free port."""
    process = cluster.start(
        "run_consumers", ROOM, "--port", "0", EVENT_SYNC={"MONITOR_INTERVAL": 0.2}
    )
    process.wait_for("endpoint.served")
    port = re.search(r"endpoint\.served .*port=(\d+)", process.output)
    assert port
    yield Watched(process, int(port[1]))
    with suppress(ProcessLookupError):
        process.kill()


def test_metrics(cluster: Cluster, worker: Watched) -> None:
    """What was settled, how, how fast and how much is left."""
    cluster.publish(Grade(), Grade())
    cluster.produce(b"no event", headers=[], partition=0)
    cluster.flush()
    cluster.wait_until_settled()
    wait_until(lambda: worker.metric("lag", topic=TOPIC, partition="0") == 0, "the lag")
    wait_until(lambda: worker.metric("last_sign_timestamp_seconds"), "a sign of life")
    metrics = worker.metrics()

    def metric(name: str, **labels: str) -> float:
        return metrics["event_sync_" + name, frozenset(labels.items())]

    assert metric("outcomes_total", consumer="user-grades", outcome="applied") == 1
    assert metric("outcomes_total", consumer="user-grades", outcome="unchanged") == 1
    assert metric("outcomes_total", consumer="", outcome="dead") == 1
    assert metric("batch_messages_sum") == 3
    assert metric("latency_seconds_count", topic=TOPIC) == 2
    assert metric("partitions") == cluster.partitions
    assert metric("rebalances_total", kind="assigned") >= 1
    assert metric("worker_state", state="running") == 1
    assert metric("last_progress_timestamp_seconds") > 0


def test_probes_of_a_worker_that_is_well(worker: Watched) -> None:
    """It turns, and what it needs is there."""
    assert worker.get("/livez") == (200, '{"poll": "ok", "progress": "ok"}\n')
    status, body = worker.get("/readyz")
    assert (status, json.loads(body)) == (
        200,
        {"database": "ok", "broker": "ok", "registry": "ok"},
    )


def test_probes_while_what_it_needs_is_away(cluster: Cluster, worker: Watched) -> None:
    """It isn't ready, and is not to be killed for it."""
    cluster.registry.close()
    cluster.broker.set_down()
    status, body = worker.get("/readyz")
    problems = json.loads(body)
    assert status == 503
    assert problems["database"] == "ok"
    assert problems["broker"].startswith("The broker doesn't answer")
    assert problems["registry"].startswith("The schema registry")
    assert worker.get("/livez")[0] == 200


def test_other_paths(worker: Watched) -> None:
    """Those that there are, are named."""
    status, body = worker.get("/")
    assert (status, json.loads(body)) == (404, {"paths": ["/metrics", "/livez", "/readyz"]})


def test_a_port_that_is_taken(cluster: Cluster, worker: Watched) -> None:
    """The second worker says so and ends."""
    second = cluster.start("run_consumers", ROOM, "--port", str(worker.port))
    assert second.exit_status() == 3
    assert f"Port {worker.port} can't be had" in second.output


def test_sign_of_life(cluster: Cluster, worker: Watched) -> None:
    """A row for each minute, the last of which says how the worker ended."""
    cluster.publish(Grade())
    cluster.wait_until_settled()
    wait_until(lambda: _rows_with_lag(cluster), "a row with the lag")
    assert worker.process.stop() == 0
    rows = cluster.query(
        "SELECT room, state, messages, latencies FROM event_sync_workerminute ORDER BY minute"
    )
    assert {room for room, *_ in rows} == {ROOM}
    assert rows[-1][1] == "stopped"
    assert sum(messages for *_, messages, _ in rows) == 1
    assert sum(sum(json.loads(latencies)) for *_, latencies in rows) == 1


def test_sign_of_a_failure(cluster: Cluster, worker: Watched) -> None:
    """The reason is kept with it."""
    cluster.query("DROP TABLE credentials_grades_sync_standalone_usergrade")
    cluster.publish(Grade())
    assert worker.process.exit_status() == 3
    ((state, reason),) = cluster.query(
        "SELECT state, reason FROM event_sync_workerminute ORDER BY minute DESC LIMIT 1"
    )
    assert state == "failed"
    assert reason.startswith("The batch can't be settled")


def test_pause(cluster: Cluster, worker: Watched) -> None:
    """Paused, a room takes nothing and stays in its group; then it goes on where it stood."""
    cluster.publish(Grade())
    cluster.wait_until_settled()
    switch = switch_of(ROOM).name
    _turn(cluster, switch, is_on=True)
    worker.process.wait_for("worker.paused")
    before = cluster.committed()
    cluster.publish(Grade(), Grade())
    wait_until(lambda: worker.metric("worker_state", state="paused") == 1, "the state")
    assert worker.get("/livez")[0] == 200
    # A look at the switch later it still stands where it stood.
    wait_until(lambda: _has_lag(worker, 2), "the lag")
    assert cluster.committed() == before
    _turn(cluster, switch, is_on=False)
    worker.process.wait_for("worker.resumed")
    cluster.wait_until_settled()
    assert worker.process.output.count("partitions.assigned") == 1


def test_stop_while_paused(cluster: Cluster, worker: Watched) -> None:
    """It ends as any other, and takes nothing on its way."""
    cluster.publish(Grade())
    cluster.wait_until_settled()
    before = cluster.committed()
    _turn(cluster, switch_of(ROOM).name, is_on=True)
    worker.process.wait_for("worker.paused")
    cluster.publish(Grade())
    assert worker.process.stop(signal.SIGTERM) == 0
    assert cluster.committed() == before
    assert "worker.resumed" not in worker.process.output


def _rows_with_lag(cluster: Cluster) -> bool:
    rows = cluster.query("SELECT lag FROM event_sync_workerminute")
    places = {f"{TOPIC}[{number}]": 0 for number in range(cluster.partitions)}
    return any(lag and json.loads(lag) == places for (lag,) in rows)


def _has_lag(worker: Watched, messages: int) -> bool:
    metrics = worker.metrics()
    return sum(v for (name, _), v in metrics.items() if name == "event_sync_lag") == messages


def _turn(cluster: Cluster, switch: str, *, is_on: bool) -> None:
    """Turn a switch as an operator does."""
    state = "on" if is_on else "off"
    turned = cluster.start("waffle_switch", switch, state, "--create")
    assert turned.exit_status() == 0
