"""CHANGELOG.md keeps its form, and tells the version that the metadata has."""

from __future__ import annotations

import re
import tomllib
from datetime import date

from packaging.version import Version

from tests.processes import ROOT

HEADINGS = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
KINDS = re.findall(r"^### (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
RELEASES = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\S+)", heading) for heading in HEADINGS[1:]]


def test_first_section_is_of_what_is_not_released():
    """The others have a number and a date, the newest first."""
    assert HEADINGS[0] == "[Unreleased]"
    assert None not in RELEASES
    told = [(Version(each[1]), date.fromisoformat(each[2])) for each in RELEASES if each]
    assert told == sorted(told, reverse=True)


def test_kinds_of_changes_are_known():
    """Those of Keep a Changelog."""
    assert {*KINDS} <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert KINDS


def test_newest_release_is_the_version():
    """The number in pyproject.toml, as soon as there is a release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [each[1] for each in RELEASES[:1] if each] in ([], [project["version"]])
