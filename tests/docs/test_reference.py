"""The pages that are made from code are those that the code makes today."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.processes import PATIENCE, ROOT

COMMAND = re.compile(r"\$\(BIN\)/python (\S+ \S+ ?\S*) > (docs/\S+)")
MADE = {page: command for command, page in COMMAND.findall((ROOT / "Makefile").read_text())}
"""What ``make reference`` runs, by the file that it writes; ``test_schema`` has the REST API's."""


def test_make_writes_them():
    """The other tests of this module have something to test."""
    names = {page.removeprefix("docs/reference/") for page in MADE}
    assert names == {"events.md", "asyncapi.yaml", "commands.md"}


@pytest.mark.parametrize("page", MADE)
def test_page_is_current(page):
    """Run ``make reference`` after a change of an event, a consumer, a producer or a command."""
    # As in a clean checkout, whatever the environment says of the bus.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EVENT_")}
    done = subprocess.run(
        [sys.executable, *MADE[page].split()],
        cwd=ROOT,
        env={**clean, "DJANGO_SETTINGS_MODULE": "shared.project.settings"},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=True,
    )
    assert done.stdout == (ROOT / page).read_text()
