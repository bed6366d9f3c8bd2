"""What prints much may be read by ``head``."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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
