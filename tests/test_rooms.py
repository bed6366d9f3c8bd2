"""Rooms have the same files: who knows one knows all."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = {
    "__init__.py",
    "apps.py",
    "consumers.py",
    "filters.py",
    "records.py",
    "mappers.py",
    "snapshots.py",
    "py.typed",
    "demo/__init__.py",
    "demo/author.py",
    "demo/model.py",
    "demo/stream.py",
    "standalone/__init__.py",
    "standalone/apps.py",
    "standalone/models.py",
    "standalone/admin.py",
    "standalone/destination.py",
    "standalone/migrations/__init__.py",
    "hosts/__init__.py",
    "producers/__init__.py",
    "producers/apps.py",
    "producers/settings.py",
}
"""What every room has; see ADR 0005."""
SERVICES = ("credentials", "discovery", "license_manager", "lms")
OF_SERVICES = {f"{folder}/{name}.py" for folder in ("producers", "hosts") for name in SERVICES}
"""What a room has for one service and another room needn't have."""
PACKAGES_OF_SERVICES = tuple(f"hosts/{name}/" for name in SERVICES)
"""The same, where one module is too little."""


def rooms_in(root: Path) -> list[Path]:
    """Return the rooms: the top-level packages whose names end in ``_sync``."""
    return sorted(path.parent for path in root.glob("*_sync/__init__.py"))


def files_of(room: Path) -> set[str]:
    """Return a room's files, but for migrations: each table has its own history."""
    files = [path.relative_to(room) for path in room.rglob("*") if path.is_file()]
    return {
        file.as_posix()
        for file in files
        if "__pycache__" not in file.parts
        and (file.parent.name != "migrations" or file.name == "__init__.py")
    }


def drift(rooms: Sequence[Path]) -> list[str]:
    """Return what a room lacks of what every room has or another one has."""
    wanted = FILES.union(*map(files_of, rooms)) - OF_SERVICES
    return [
        f"{room.name} lacks {file}"
        for room in rooms
        for file in sorted(wanted - files_of(room))
        if not file.startswith(PACKAGES_OF_SERVICES)
    ]


def undocumented(rooms: Sequence[Path]) -> list[str]:
    """Return the modules that don't say why they exist."""
    return [
        f"{room.name}/{file}"
        for room in rooms
        for file in sorted(files_of(room))
        if file.endswith(".py")
        and "migrations/" not in file
        and not ast.get_docstring(ast.parse((room / file).read_text()))
    ]


@pytest.fixture
def rooms(tmp_path: Path) -> list[Path]:
    """Two rooms with every file."""
    for name in ("one_sync", "two_sync"):
        for file in FILES:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('"""Says why it exists."""\n')
    return rooms_in(tmp_path)


def test_rooms_have_the_same_files():
    """No room lacks a file that the plan or another room has."""
    assert drift(rooms_in(ROOT)) == []


def test_every_module_of_a_room_says_why_it_exists():
    """Each starts with a docstring."""
    assert undocumented(rooms_in(ROOT)) == []


def test_there_is_a_room():
    """The checks above have something to look at."""
    assert "credentials_grades_sync" in [room.name for room in rooms_in(ROOT)]


def test_equal_rooms_do_not_drift(rooms):
    """Migrations and compiled files are no drift."""
    for file in ("standalone/migrations/0002_more.py", "__pycache__/apps.pyc"):
        (rooms[0] / file).parent.mkdir(exist_ok=True)
        (rooms[0] / file).touch()
    assert drift(rooms) == []
    assert undocumented(rooms) == []


@pytest.mark.parametrize("file", sorted(FILES - {"__init__.py"}))
def test_missing_file_is_found(rooms, file):
    """Whatever the file, in a room of its own or beside another."""
    (rooms[0] / file).unlink()
    assert drift(rooms) == [f"one_sync lacks {file}"]
    assert drift(rooms[:1]) == [f"one_sync lacks {file}"]


def write(path: Path) -> None:
    """Write a module that says why it exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('"""Says why it exists."""\n')


@pytest.mark.parametrize(
    "file",
    [
        "reports.py",
        "demo/people.py",
        "producers/receivers.py",
        "producers/lms.txt",
        "hosts/somebody.py",
        "hosts/somebody/__init__.py",
        "lms.py",
        "standalone/discovery.py",
    ],
)
def test_file_that_only_one_room_has_is_found(rooms, file):
    """Rooms grow together; a service has its modules in two places only."""
    write(rooms[0] / file)
    assert drift(rooms) == [f"two_sync lacks {file}"]


@pytest.mark.parametrize("file", sorted([*OF_SERVICES, "hosts/lms/enrollments.py"]))
def test_module_of_a_service_may_be_in_one_room_only(rooms, file):
    """Not every service emits, or takes, what every room is about."""
    write(rooms[0] / file)
    assert drift(rooms) == []
    assert undocumented(rooms) == []


def test_module_of_a_service_says_why_it_exists(rooms):
    """What may differ between rooms is documented all the same."""
    (rooms[0] / "producers/lms.py").touch()
    assert undocumented(rooms) == ["one_sync/producers/lms.py"]


def test_module_without_docstring_is_found(rooms):
    """A comment is none."""
    (rooms[1] / "filters.py").write_text("# Which events are wanted.\n")
    assert undocumented(rooms) == ["two_sync/filters.py"]
