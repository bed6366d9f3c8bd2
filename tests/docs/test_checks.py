"""The docs list every system check."""

from __future__ import annotations

import re

from tests.processes import ROOT

PAGE = (ROOT / "docs" / "reference" / "checks.md").read_text()
CODE = (ROOT / "shared" / "checks.py").read_text()


def test_every_check_is_listed():
    """In their order, each once, and no other."""
    listed = re.findall(r"^\| `event_sync\.([EW]\d+)` \|", PAGE, re.MULTILINE)
    assert listed
    assert listed == sorted(set(re.findall(r'"(?:event_sync\.)?([EW]\d{3})"', CODE)))
