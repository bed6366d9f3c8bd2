"""The reference project's environment is read, or named in one line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py check`` on the reference project with this environment."""
    settings = {"DJANGO_SETTINGS_MODULE": "shared.project.settings"}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=os.environ | settings | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "postgres://someone:secret@host:noport/name"),
        ("DATABASE_TIMEOUT", "soon"),
        ("LOG_LEVEL", "loud"),
        ("EVENT_SYNC_LOG_FORMAT", "xml"),
    ],
)
def test_variable_that_cannot_be_read(name, value):
    """The line names the variable and the remedy, and no value: it may hold a password."""
    result = check(**{name: value})
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Fatal: {name} can't be read. Hint: Use ")
    assert value not in line


def test_options_in_the_url_win():
    """What an operator says of the database counts more than our defaults."""
    result = subprocess.run(
        [sys.executable, "-c", "from shared.project.settings import DATABASES; print(DATABASES)"],
        env=os.environ | {"DATABASE_URL": "postgres://u@h/n?connect_timeout=1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'connect_timeout': 1," in result.stdout
    assert "lock_timeout=3s" in result.stdout
