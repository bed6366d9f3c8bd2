"""What the operator's pages tell a person to type is what the commands take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import CommandError

from shared.logging import Action
from tests.deploy.commands import parse

DOCS = Path(__file__).parent.parent.parent / "docs" / "how_to"
PAGES = ("runbook.md", "watch_workers.md")
COMMAND = re.compile(r"python manage\.py (.+?)(?:`|\s+#|$)", re.MULTILINE)
LINES = [(page, line) for page in PAGES for line in COMMAND.findall((DOCS / page).read_text())]
ACTION = re.compile(r"`([a-z]+\.[a-z_]+)`")
NO_ACTIONS = {"manage.py", "retention.ms", "advertised.listeners"}


@pytest.mark.parametrize(("page", "line"), LINES)
def test_command(page: str, line: str) -> None:
    """It exists and takes these options."""
    parse(line)


@pytest.mark.parametrize("line", ["sync_state", "sync_status --every", "rewind ROOM"])
def test_command_that_is_wrong(line: str) -> None:
    """The other test would find it."""
    with pytest.raises(CommandError):
        parse(line)


@pytest.mark.parametrize("page", PAGES)
def test_actions(page: str) -> None:
    """Lines of the log are called what they are called."""
    named = set(ACTION.findall((DOCS / page).read_text())) - NO_ACTIONS
    assert named <= {*Action}


def test_pages_name_commands_and_actions() -> None:
    """The other tests have something to test."""
    assert {page for page, _ in LINES} == {*PAGES}
    assert ACTION.findall((DOCS / "runbook.md").read_text())
