"""What ``make package`` has built, and an environment that has nothing else of the project."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.package.environment import Environment, run
from tests.processes import ROOT

DIST = ROOT / "dist"


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel."""
    return _only("*.whl")


@pytest.fixture(scope="session")
def sdist() -> Path:
    """The source distribution, of which the wheel was made."""
    return _only("*.tar.gz")


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A new virtual environment, far from the checkout, into which pip has installed the wheel."""
    folder = tmp_path_factory.mktemp("fresh")
    fresh = Environment(folder / "env" / "bin")
    run([sys.executable, "-m", "venv", "--without-pip", "env"], folder)
    # Bytecode is made of what is imported, not of all that is installed: that takes longer.
    pip = ["-m", "pip", "--python", str(fresh.programs / "python"), "install", "--no-compile"]
    constraints = ["--constraint", str(ROOT / "constraints" / "newest.txt")]
    run([sys.executable, *pip, *constraints, str(wheel)], folder)
    return fresh


def _only(pattern: str) -> Path:
    found = sorted(DIST.glob(pattern))
    assert len(found) == 1, f"dist/{pattern} should be one file. Hint: make package"
    return found[0]
