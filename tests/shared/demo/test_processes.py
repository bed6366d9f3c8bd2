"""A worker's process is known by its log, and an early end is told with its last lines."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from time import monotonic, sleep

import pytest

from shared.demo import DemoFailed
from shared.demo.processes import WorkerProcess
from shared.demo.stream import Place

WAIT = "import time; time.sleep(60)"
ASSIGNED = {"action": "partitions.assigned", "partitions": "demo-1-books[0]"}
COMMITTED = {
    "action": "batch.committed",
    "offsets": "demo-1-books[0]:3-5,demo-1-books[2]:0-0",
    "committed_at": 12.5,
}


@contextmanager
def process(*entries, script=WAIT):
    """Run a process that logs these entries and then does what the script says."""
    lines = "\n".join(json.dumps(entry) for entry in entries)
    code = f"import sys; print({lines!r}, file=sys.stderr, flush=True); {script}"
    worker = WorkerProcess("library", [sys.executable, "-c", code])
    try:
        yield worker
    finally:
        worker.tell_to_stop()
        worker.wait()


def ended(worker):
    """Wait for the worker's end and return what is said about it."""
    until = monotonic() + 10
    while monotonic() < until:
        try:
            worker.check()
        except DemoFailed as failure:
            return str(failure)
        sleep(0.01)
    return pytest.fail("The process didn't end.")


def test_a_worker_is_ready_when_it_has_partitions():
    """An assignment of none doesn't count."""
    with process({**ASSIGNED, "partitions": "none"}, ASSIGNED) as worker:
        assert worker.has_partitions.wait(10)
        worker.check()


def test_commits_are_read_place_by_place():
    """From the spans of offsets that a batch's line has."""
    with process(COMMITTED, ASSIGNED) as worker:
        assert worker.has_partitions.wait(10)
        assert worker.committed_at == {
            Place("demo-1-books", partition, offset): 12.5
            for partition, offset in [(0, 3), (0, 4), (0, 5), (2, 0)]
        }


def test_parked_events_are_counted():
    """Each as it is parked."""
    with process({"action": "event.parked"}, {"action": "event.parked"}, ASSIGNED) as worker:
        assert worker.has_partitions.wait(10)
        assert worker.parked == 2


def test_an_early_end_is_told_with_the_last_lines():
    """Log lines by their message, others as they are."""
    with process({"message": "worker.started"}, script="sys.exit('Fatal: no')") as worker:
        told = ended(worker)
    assert "ended with status 1" in told
    assert told.splitlines()[1:] == ["  worker.started", "  Fatal: no"]


def test_the_traceback_in_a_log_line_is_told():
    """It says why the worker ended."""
    entry = {"message": "failed", "exception": "Traceback\nValueError"}
    with process(entry, script="sys.exit(3)") as worker:
        assert ended(worker).endswith("  failed\n  Traceback\n  ValueError")


def test_a_worker_is_stopped_as_an_operator_would():
    """By SIGTERM, and its status is returned."""
    with process(ASSIGNED) as worker:
        assert worker.has_partitions.wait(10)
        worker.tell_to_stop()
        assert worker.wait() == -signal.SIGTERM


def test_a_worker_counts_under_its_process_name():
    """As ``worker_name`` does inside it."""
    script = "from shared.direct import worker_name; print(worker_name(os.getpid())); sys.exit(1)"
    setup = "import django, os; django.setup(); "
    with process(script=setup + script) as worker:
        assert ended(worker).endswith(worker.name)
