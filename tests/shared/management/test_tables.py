"""What the commands that repair show in a table."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

import pytest

from shared.management.repairing import table

NAMES = ("id", "buried_at", "receiver", "error")
ERROR = "enrollment.mode: is none of audit, honor, verified"
ROW = (4711, datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), None, ERROR)


@pytest.mark.parametrize("width", [30, 80])
def test_nothing_is_cut_short(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """On however narrow a terminal."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    lines = re.sub(r"\x1b\[\d*m", "", table(NAMES, [ROW])).splitlines()
    assert max(map(len, lines)) <= width
    cells = [line.split("│")[1:-1] for line in lines if line.startswith("│")]
    assert ["".join("".join(column).split()) for column in zip(*cells, strict=True)] == [
        "4711",
        "2026-01-0203:04:05+00:00",
        "".join(ERROR.split()),
    ]


def test_column_that_says_nothing_is_left_out() -> None:
    """Unless there are no rows: then the names are all that there is to show."""
    assert "receiver" not in table(NAMES, [ROW])
    assert "receiver" in table(NAMES, [ROW, (1, None, "tests.receiver", "")])
    assert "receiver" in table(NAMES, [])
