"""Rooms of telling events pass their tests and lack no migration, unedited.

Those of every event, and what ruff and mypy say: ``tests/golden_path``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.startconsumer.room import new_room
from tests.shared.startconsumer.project import Project, rooms_of
from tests.testapp.models import Shelf

SHELF_CHANGED = "tests.testapp.events.SHELF_CHANGED"
LEARNING = "openedx_events.learning.signals"
TELLING = [
    f"{LEARNING}.COURSE_ENROLLMENT_CREATED",  # two people, one of whom may lack
    f"{LEARNING}.LTI_PROVIDER_LAUNCH_SUCCESS",  # a dictionary, an object inside another
    "openedx_events.analytics.signals.TRACKING_EVENT_EMITTED",  # long texts and no id
    "openedx_events.content_authoring.signals.COURSE_IMPORT_COMPLETED",  # a key and nothing else
    "openedx_events.enterprise.signals.LEARNER_CREDIT_COURSE_ENROLLMENT_REVOKED",  # deep
    "tests.shared.startconsumer.odd.ODD_CHANGED",  # every type, and names that are taken
    "tests.shared.startconsumer.odd.ODD_CHANGED_2",  # another version of the same
    "tests.shared.startconsumer.odd.PAIR_CHANGED",  # two arguments
    "tests.shared.startconsumer.odd.PLAIN_CHANGED",  # arguments that are no objects
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a room for each, and one that writes to a table that is there."""
    shelves = new_room("labels_sync", SHELF_CHANGED, model=Shelf, key=["code"])
    rooms = [*rooms_of(TELLING), shelves]
    return Project(tmp_path_factory.mktemp("project"), rooms, "tests.testapp")


def test_their_tests_pass(project: Project) -> None:
    """As they are, and none is skipped."""
    result = project.run("pytest", "--quiet", "--tb=short", *project.folders)
    assert result.returncode == 0, result.stdout
    assert "skipped" not in result.stdout


def test_their_migrations_are_those_of_their_models(project: Project) -> None:
    """And nothing is wrong with the rooms by the system checks."""
    for command in (("makemigrations", "--check", "--dry-run"), ("check", "--fail-level=WARNING")):
        result = project.run("django", *command)
        assert result.returncode == 0, result.stdout


def test_whoever_they_name_can_be_retired(project: Project) -> None:
    """By each name that an event has of anybody; nothing brings them back."""
    result = project.retire_learners()
    assert result.returncode == 0, result.stdout
    assert "passed" in result.stdout


@pytest.mark.parametrize(
    "command", [("django", "check"), ("pytest", "--quiet", "plain_changed_sync")], ids=" ".join
)
def test_a_table_whose_app_is_not_installed(project: Project, command: tuple[str, ...]) -> None:
    """The checks and the room's tests name the app, and no table is thought to be another app's."""
    (project.directory / "without_tables.py").write_text(
        'from project_settings import *\nINSTALLED_APPS.remove("plain_changed_sync.standalone")\n'
    )
    option = "--settings" if command[0] == "django" else "--ds"
    result = project.run(*command, f"{option}=without_tables")
    assert result.returncode == 1, result.stdout
    assert "belongs to 'plain_changed_sync.standalone', which isn't installed." in result.stdout
    assert "no such table" not in result.stdout


def test_a_mapper_that_mixes_up_columns_is_found(project: Project, tmp_path: Path) -> None:
    """The tests that are generated can fail."""
    room = project.directory / "plain_changed_sync"
    mapper = room / "mappers.py"
    text = mapper.read_text()
    mapper.write_text(text.replace("mode=values.text(mode,", "mode=values.text(mode[:1],"))
    try:
        result = project.run("pytest", "--quiet", "plain_changed_sync")
    finally:
        mapper.write_text(text)
    assert "test_row_says_what_the_event_says" in result.stdout
    assert result.returncode == 1
