"""What the pages name of ``manage.py`` is what its commands take, also where nothing is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, get_commands

from shared.logging import Action
from tests.deploy.commands import parse
from tests.docs.blocks import PAGES, ROOT

OURS = "|".join(name for name, app in get_commands().items() if app == "shared")
WHOLE = re.compile(
    r"manage\.py (?:lms )?(?!lms`)([a-z].*?)(?: [<>&|].*)?(?:`|\s+#|$)", re.MULTILINE
)
PART = re.compile(rf"`((?:{OURS}) [^`]+)`")
NOT_ALL = re.compile("required|expected one argument")
"""What the parser says of a line that isn't all of a command."""
OPERATORS = [ROOT / "docs" / "how_to" / name for name in ("runbook.md", "watch_workers.md")]
ACTION = re.compile(r"`([a-z]+\.[a-z_]+)`")
NO_ACTIONS = {"manage.py", "retention.ms", "advertised.listeners"}


def lines(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Return the lines that pages have of a pattern, with values where pages have words."""
    return [
        (page.name, line.replace(" TIME", " 2026-01-31T12:00:00Z"))
        for page in PAGES
        for line in pattern.findall(page.read_text().replace("\\\n", " "))
    ]


@pytest.mark.parametrize(("page", "line"), lines(WHOLE))
def test_command(page: str, line: str) -> None:
    """It exists and takes these options."""
    parse(line)


@pytest.mark.parametrize(("page", "line"), lines(PART))
def test_mention(page: str, line: str) -> None:
    """It takes these options, though they may not be all that it needs."""
    mentioned(line)


def mentioned(line: str) -> None:
    """Read a line that may lack what the command needs. Raises ``CommandError``."""
    try:
        parse(line)
    except CommandError as error:
        if not NOT_ALL.search(str(error)):
            raise


@pytest.mark.parametrize("line", ["sync_state", "sync_status --every", "rewind ROOM"])
def test_command_that_is_wrong(line: str) -> None:
    """The other test would find it."""
    with pytest.raises(CommandError):
        parse(line)


@pytest.mark.parametrize("line", ["sync_status --every", "dead_letters liszt"])
def test_mention_that_is_wrong(line: str) -> None:
    """So would the one of mentions."""
    with pytest.raises(CommandError):
        mentioned(line)


@pytest.mark.parametrize("page", OPERATORS, ids=lambda page: page.name)
def test_actions(page: Path) -> None:
    """Lines of the log are called what they are called."""
    named = set(ACTION.findall(page.read_text())) - NO_ACTIONS
    assert named <= {*Action}


def test_pages_name_commands_and_actions() -> None:
    """The other tests have something to test."""
    assert {page.name for page in OPERATORS} <= {page for page, _ in lines(WHOLE)}
    assert {"cut_over.md", "run_workers.md"} <= {page for page, _ in lines(PART)}
    assert ACTION.findall(OPERATORS[0].read_text())
