"""A room for every event that can be on the bus passes ruff, mypy and its tests, unedited.

Part of ``make quality``, which has the linters. One project has all rooms, and each tool is run
once over the whole.
"""

from __future__ import annotations

import pytest

from tests.shared.startconsumer.project import PYPROJECT, Project, rooms_of, serializable_events
from tests.shared.startconsumer.test_generated import TELLING

SETTINGS = ("--config", str(PYPROJECT))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with all of them, and with events as nobody writes them."""
    signals = dict.fromkeys([*serializable_events().values(), *TELLING])
    return Project(tmp_path_factory.mktemp("project"), rooms_of(signals))


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("ruff", "check", *SETTINGS), id="ruff check"),
        pytest.param(("ruff", "format", "--check", *SETTINGS), id="ruff format"),
        pytest.param(("mypy",), id="mypy --strict"),
        pytest.param(("pytest", "--quiet", "--numprocesses=2", "--dist=worksteal"), id="pytest"),
    ],
)
def test_rooms_pass(project: Project, command: tuple[str, ...]) -> None:
    """Each tool, over all rooms."""
    assert len(project.rooms) > 70
    result = project.run(*command, *project.folders)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    "command", ["makemigrations --check --dry-run", "check --fail-level=WARNING"]
)
def test_django_finds_nothing(project: Project, command: str) -> None:
    """Neither a missing migration nor a warning of a system check."""
    result = project.run("django", *command.split())
    assert result.returncode == 0, result.stdout


def test_whoever_they_name_can_be_retired(project: Project) -> None:
    """By each name that an event has of anybody; nothing brings them back."""
    result = project.retire_learners()
    assert result.returncode == 0, result.stdout
    assert "passed" in result.stdout


def test_mypy_would_find_something(project: Project) -> None:
    """It does look at what was generated."""
    extra = project.directory / project.folders[0] / "wrong.py"
    extra.write_text('number: int = "text"\n')
    result = project.run("mypy", project.folders[0])
    extra.unlink()
    assert "wrong.py:1: error" in result.stdout
