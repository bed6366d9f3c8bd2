"""The page of the Python names has those that a room is written with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from shared.startconsumer.rendering import files_of
from shared.startconsumer.room import new_room
from tests.processes import ROOT

PAGE = (ROOT / "docs" / "reference" / "python.md").read_text()
MODULES = {
    module: tuple(members.replace(",", " ").split())
    for module, members in re.findall(r"automodule:: (\S+)\n   :members:(.*)", PAGE)
}
"""The documented names by module; none means all."""
SINGLE = set(re.findall(r"auto(?:class|function):: (\S+)", PAGE))
# The events have a page of their own, and no room imports the reference project.
IMPORT = re.compile(
    r"^from (shared(?!\.events|\.project)(?:\.\w+)*) import (\w+(?:, \w+)*)$", re.MULTILINE
)
ROOMS = ("credentials_grades_sync", "discovery_course_run_sync", "enterprise_license_sync")
FILES = ("consumers", "filters", "mappers", "records", "snapshots", "standalone/models")
EVENTS = (
    "openedx_events.learning.signals.COURSE_ENROLLMENT_CHANGED",
    "openedx_events.learning.signals.CERTIFICATE_CREATED",
    "openedx_events.content_authoring.signals.LIBRARY_BLOCK_UPDATED",
    "openedx_events.content_authoring.signals.XBLOCK_PUBLISHED",
)


def texts() -> Iterator[str]:
    """Yield the files of the rooms, of the worked example, and of generated rooms."""
    for room in ROOMS:
        yield from ((ROOT / room / f"{file}.py").read_text() for file in FILES)
    yield from (file.read_text() for file in (ROOT / "docs" / "examples").rglob("*.py"))
    for event in EVENTS:
        yield from files_of(new_room("made_for_this_test_sync", event), Path()).values()


def imported() -> set[tuple[str, str]]:
    """Return module and name of what they take from ``shared``."""
    found = [each for text in texts() for each in IMPORT.findall(text)]
    return {(module, name) for module, names in found for name in names.split(", ")}


@pytest.mark.parametrize(("module", "name"), sorted(imported()))
def test_name_is_documented(module, name):
    """A reader of a room finds each name that it imports."""
    if f"{module}.{name}" in {*MODULES, *SINGLE}:
        return
    assert module in MODULES
    assert not MODULES[module] or name in MODULES[module]


@pytest.mark.parametrize("module", MODULES)
def test_documented_names_exist(module):
    """Sphinx would only warn."""
    found = import_module(module)
    assert [name for name in MODULES[module] if not hasattr(found, name)] == []


def test_single_names_exist():
    """The same of those that are documented one by one."""
    assert SINGLE
    for path in SINGLE:
        module, _, name = path.rpartition(".")
        assert hasattr(import_module(module), name), path
