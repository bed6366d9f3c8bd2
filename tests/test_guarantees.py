"""The README's table of guarantees: no promise without a test, no fault without its promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.processes import ROOT

LINK = re.compile(r"\]\((tests/[^)]+)\)")
README = (ROOT / "README.md").read_text()
TABLE = README.split("\n## What it guarantees\n")[1].split("\n## ")[0]
PROMISES = [line for line in TABLE.splitlines() if line.startswith("| ")][1:]
FAULTS = sorted(path.name for path in Path(ROOT, "tests", "faults").glob("test_*.py"))
ABOUT_THE_SUITE = {"test_encoding.py", "test_services.py"}


def test_promises_are_found():
    """The other tests have something to test."""
    assert len(PROMISES) > 3
    assert set(FAULTS) > ABOUT_THE_SUITE


@pytest.mark.parametrize("promise", PROMISES, ids=lambda line: line.split("|")[1].strip())
def test_promise_has_a_test(promise):
    """Each names one at least."""
    assert LINK.findall(promise.split("|")[3])


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in ABOUT_THE_SUITE])
def test_fault_belongs_to_a_promise(fault):
    """Each file of the fault suite is named in the table."""
    assert f"tests/faults/{fault}" in LINK.findall(TABLE)
