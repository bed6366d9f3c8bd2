"""The pages of events are those that the code makes today."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.processes import PATIENCE, ROOT

COMMAND = re.compile(r"manage\.py (event_catalog --\w+) > (docs/\S+)")
MADE = {page: command for command, page in COMMAND.findall((ROOT / "Makefile").read_text())}
"""What ``make catalogue`` runs, by the file that it writes."""


def test_make_writes_both():
    """The other tests of this module have something to test."""
    assert {"docs/reference/events.md", "docs/reference/asyncapi.yaml"} == MADE.keys()


@pytest.mark.parametrize("page", MADE)
def test_page_is_current(page):
    """Run ``make catalogue`` after a change of an event, a consumer or a producer."""
    # As in a clean checkout, whatever the environment says of the bus.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EVENT_")}
    done = subprocess.run(
        [sys.executable, "manage.py", *MADE[page].split()],
        cwd=ROOT,
        env={**clean, "DJANGO_SETTINGS_MODULE": "shared.project.settings"},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=True,
    )
    assert done.stdout == (ROOT / page).read_text()
