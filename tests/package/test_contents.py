"""What is in the distributions: what Git tracks, all of it and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.package.environment import run
from tests.processes import ROOT
from tests.test_imports import is_room

GENERATED = ("PKG-INFO", "setup.cfg", "openedx_event_sync.egg-info/")
"""What a build adds to a source distribution."""
TESTS = [
    f"tests/{name}.py"
    for name in ("docs/test_links", "test_imports", "test_rooms", "test_versions")
]
"""Those that read most of what is in the repository beside the packages."""


@pytest.fixture(scope="module")
def tracked() -> set[str]:
    """What Git tracks in the checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("This is no clone, so nothing says which files belong to it.")
    # The clone may be another account's than ours, as in a container.
    git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, check=True)
    return set(listed.stdout.decode().split("\0")) - {""}


@pytest.fixture
def in_wheel(wheel: Path) -> set[str]:
    """The names of the wheel's files."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_has_the_packages_and_nothing_else(in_wheel, tracked):
    """Migrations, schemas, templates, styles and type markers included, tests not."""
    packages = {name for name in tracked if is_package(name.split("/")[0])}
    assert {name for name in in_wheel if ".dist-info/" not in name} == packages


def test_wheel_has_the_licence(in_wheel):
    """Whoever has the wheel may know what they may do with it."""
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in in_wheel)


def test_source_distribution_has_the_repository(sdist, tracked):
    """Whoever has it can build and test the project, and change it."""
    with tarfile.open(sdist) as archive:
        files = {member.name.split("/", 1)[1] for member in archive if member.isfile()}
    assert {name for name in files if not name.startswith(GENERATED)} == tracked


def test_source_distribution_can_be_tested(sdist, tmp_path):
    """Its own tests run where it was unpacked, on what it has of docs and configuration."""
    run(["tar", "--extract", "--file", str(sdist)], tmp_path)
    (folder,) = tmp_path.iterdir()
    run([sys.executable, "-m", "pytest", *TESTS], folder)


def is_package(name: str) -> bool:
    """Return whether a top-level folder is one of the packages."""
    return name == "shared" or is_room(name)
