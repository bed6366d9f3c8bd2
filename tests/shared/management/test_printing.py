"""What is printed may go into a pipe, and what prints much may be read by ``head``."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO

import pytest
from rich.table import Table

from shared.management.printing import drawn
from tests.processes import PATIENCE, ROOT

EVENT = "openedx_events.learning.signals.COURSE_ENROLLMENT_CREATED"


@pytest.mark.parametrize(
    "command",
    [
        ["event_catalog", "--json"],
        ["event_catalog"],
        ["list_consumers"],
        ["startconsumer", "enrollment_sync", f"--event={EVENT}", "--dry-run"],
    ],
    ids=lambda command: command[0],
)
def test_reader_that_has_left(command):
    """A pipe that nobody reads any more is no error to tell of, however little is in it."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
        )
    finally:
        os.close(writer)
    assert (done.stderr, done.returncode) == ("", 0)


def test_pipe_has_no_width():
    """A row is one line however long it is, so that programs that look for lines find them."""
    table = Table("name", "hint")
    table.add_row("[bold]topic[0]", long := "word " * 100)
    (row,) = [line for line in drawn(StringIO(), table, "[x] 1").splitlines() if "topic" in line]
    assert "[bold]topic[0]" in row
    assert long.strip() in row


def test_brackets_of_a_line():
    """They are text, as everything is."""
    assert drawn(StringIO(), "topic[0]: [red]1,200").splitlines() == ["topic[0]: [red]1,200"]
