"""The page of the Python names has those that a room is written with."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from tests.processes import ROOT

PAGE = (ROOT / "docs" / "reference" / "python.md").read_text()
MODULES = {
    module: tuple(members.replace(",", " ").split())
    for module, members in re.findall(r"automodule:: (\S+)\n   :members:(.*)", PAGE)
}
"""The documented names by module; none means all."""
IMPORT = re.compile(r"^from (shared\.\w+) import (.+)$", re.MULTILINE)
ROOMS = ("credentials_grades_sync", "discovery_course_run_sync", "enterprise_license_sync")
FILES = ("consumers", "filters", "mappers", "records", "snapshots", "standalone/models")


def imported() -> set[tuple[str, str]]:
    """Return module and name of what the rooms' own files take from ``shared``."""
    texts = [(ROOT / room / f"{file}.py").read_text() for room in ROOMS for file in FILES]
    found = [each for text in texts for each in IMPORT.findall(text)]
    return {(module, name) for module, names in found for name in names.split(", ")}


@pytest.mark.parametrize(("module", "name"), sorted(imported()))
def test_name_is_documented(module, name):
    """A reader of a room finds each name that it imports."""
    assert module in MODULES
    assert not MODULES[module] or name in MODULES[module]


@pytest.mark.parametrize("module", MODULES)
def test_documented_names_exist(module):
    """Sphinx would only warn."""
    found = import_module(module)
    assert [name for name in MODULES[module] if not hasattr(found, name)] == []
