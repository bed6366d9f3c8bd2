"""``startconsumer``: writes a room, or says in one line why not."""

from __future__ import annotations

from errno import ENOSPC
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

ENROLLMENT = "openedx_events.learning.signals.COURSE_ENROLLMENT_CREATED"
ROOM = "reporting_enrollments_sync"


def start(name: str, *arguments: str, event: str = ENROLLMENT) -> str:
    """Run the command and return what it prints."""
    stream = StringIO()
    call_command("startconsumer", name, "--event", event, *arguments, stdout=stream)
    return stream.getvalue()


def files_in(folder: Path) -> set[str]:
    """Return the files of a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_room_is_written(tmp_path: Path) -> None:
    """With the files that every room has, its own table and its tests."""
    printed = start(ROOM, "--directory", str(tmp_path))
    assert files_in(tmp_path / ROOM) == {
        *("__init__.py", "apps.py", "consumers.py", "filters.py", "mappers.py", "records.py"),
        "py.typed",
        *(f"standalone/{name}.py" for name in ("__init__", "admin", "apps", "destination")),
        *("standalone/models.py", "standalone/migrations/__init__.py"),
        "standalone/migrations/0001_initial.py",
        *("tests/__init__.py", "tests/samples.py", f"tests/test_{ROOM}.py"),
    }
    for text in (
        f"Made {tmp_path / ROOM}.",
        "user_id, course_key (a learner and a place)",
        "learning-course-enrollment-lifecycle",
        f'INSTALLED_APPS += ["{ROOM}", "{ROOM}.standalone"]',
        f"migrate {ROOM}_standalone",
        f"pytest --ds=tests.settings {tmp_path / ROOM}",
        f"run_consumers {ROOM}",
    ):
        assert text in printed


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        (None, ['    EVENT_SYNC = {"DESTINATIONS": {}}']),
        ({"BATCH_SIZE": 10}, ['    EVENT_SYNC["DESTINATIONS"] = {}']),
        ({"DESTINATIONS": {}}, []),
    ],
)
def test_steps_begin_with_what_the_settings_lack(
    said: dict[str, object] | None, lines: list[str], tmp_path: Path, settings: Any
) -> None:
    """Pasted as they are, they work in a service that has no EVENT_SYNC yet."""
    if said is None:
        del settings.EVENT_SYNC
    else:
        settings.EVENT_SYNC = said
    printed = start(ROOM, "--directory", str(tmp_path)).splitlines()
    first = next(n for n, line in enumerate(printed) if "INSTALLED_APPS" in line) + 1
    last = next(n for n, line in enumerate(printed) if '["reporting-enrollments"]' in line)
    assert printed[first:last] == lines


def test_a_folder_with_a_space_can_be_pasted(tmp_path: Path) -> None:
    """Into a shell."""
    (tmp_path / "our rooms").mkdir()
    assert f" '{tmp_path}/our rooms/{ROOM}'" in start(
        ROOM, "--directory", str(tmp_path / "our rooms")
    )


def test_a_room_for_a_table_that_is_there(tmp_path: Path) -> None:
    """It has no table of its own, and needs no migration."""
    event = "tests.testapp.events.SHELF_CHANGED"
    printed = start(
        "labels_sync", "--model", "testapp.Shelf", "--directory", str(tmp_path), event=event
    )
    found = files_in(tmp_path / "labels_sync")
    assert "destination.py" in found
    assert not any(name.startswith("standalone") for name in found)
    assert "standalone" not in printed
    assert "migrate" not in printed
    assert '"labels_sync.destination.write_labels"' in printed


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    """It lists what it would, and says the key and the topic in the words of the real run."""
    printed = start(ROOM, "--dry-run", "--directory", str(tmp_path))
    guessed = printed.splitlines()[:2]
    assert guessed[0].startswith("Key of a row: user_id, course_key (a learner and a place)")
    assert "lifecycle, event key enrollment.course.course_key (guessed" in guessed[1]
    assert str(tmp_path / ROOM / "standalone/migrations/0001_initial.py") in printed
    assert list(tmp_path.iterdir()) == []
    assert "\n".join(guessed) in start(ROOM, "--directory", str(tmp_path))


def test_options_are_heard(tmp_path: Path) -> None:
    """The topic and the key are those asked for."""
    start(ROOM, "--topic", "mine", "--key", "mode", "course_key", "--directory", str(tmp_path))
    assert 'topic="mine"' in (tmp_path / ROOM / "consumers.py").read_text()
    assert "return (self.mode, self.course_key)" in (tmp_path / ROOM / "records.py").read_text()


def test_a_key_that_names_a_person_is_said_to(tmp_path: Path) -> None:
    """By the command and beside the key: such a row keeps what retirement should remove."""
    printed = start(ROOM, "--key", "user_username", "course_key", "--directory", str(tmp_path))
    assert "such a row can't forget who is retired" in printed
    assert "A row can't forget" in (tmp_path / ROOM / "records.py").read_text()
    assert "forget" not in start("other_sync", "--directory", str(tmp_path))


def test_only_some_fields(tmp_path: Path) -> None:
    """Record, mapper, table, migration and test have these and the key's, and no others."""
    start(ROOM, "--fields", "mode", "--directory", str(tmp_path))
    for name in ("records", "mappers", "standalone/models", "standalone/migrations/0001_initial"):
        text = (tmp_path / ROOM / f"{name}.py").read_text()
        assert all(field in text for field in ("user_id", "course_key", "mode"))
        assert "creation_date" not in text
        assert "username" not in text


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """What is there stays as it is."""
    (tmp_path / ROOM).mkdir()
    with pytest.raises(CommandError, match=r"^Fatal: .* is there already\. Hint: "):
        start(ROOM, "--directory", str(tmp_path))
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("Reporting", (), "is no name of a room"),
        ("credentials_grades_sync", (), "An installed app is called"),
        ("user_grades_sync", (), "has a consumer 'user-grades' already"),
        (ROOM, ("--model", "nowhere.Nothing"), "There is no model"),
        (ROOM, ("--model", "Nothing"), "There is no model"),
        (ROOM, ("--model", "auth.User"), "is no SyncedModel"),
        (ROOM, ("--model", "testapp.Book"), "has no column for anything"),
        (ROOM, ("--key", "nothing"), "is no field that can identify a row"),
        (ROOM, ("--fields", "nothing"), "nothing for a field 'nothing'"),
        (ROOM, ("--directory", "nowhere"), "nowhere is no directory"),
    ],
)
def test_refusals(
    name: str,
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is one line with a hint, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=rf"^Fatal: .*{message}.* Hint: "):
        start(name, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_module_of_that_name_is_not_shadowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever came first on Python's path would win."""
    (tmp_path / "elsewhere" / ROOM).mkdir(parents=True)
    (tmp_path / "elsewhere" / ROOM / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    with pytest.raises(CommandError, match="on Python's path already"):
        start(ROOM, "--directory", str(tmp_path))


def test_an_event_without_schema() -> None:
    """It can't be on the bus, and the message says what openedx-events says."""
    event = "openedx_events.learning.signals.FORUM_THREAD_CREATED"
    with pytest.raises(CommandError, match="has no schema, so it can't be on the bus: Unable to"):
        start(ROOM, event=event)


def test_a_room_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full after some of its files, nothing is left, and a line says why."""
    written: list[Path] = []
    write_text = Path.write_text

    def write_some(path: Path, *arguments: Any, **options: Any) -> int:
        written.append(path)
        if len(written) > 3:
            raise OSError(ENOSPC, "No space left on device")
        return write_text(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", write_some)
        with pytest.raises(
            CommandError, match=r"^Fatal: .* can't be written: No space left .* Hint"
        ):
            start(ROOM, "--directory", str(tmp_path))
    assert all(tmp_path in path.parents for path in written)
    assert list(tmp_path.iterdir()) == []
    assert "Made" in start(ROOM, "--directory", str(tmp_path))


def test_a_link_that_leads_nowhere_is_there(tmp_path: Path) -> None:
    """It isn't replaced either."""
    (tmp_path / ROOM).symlink_to("nowhere")
    with pytest.raises(CommandError, match="is there already"):
        start(ROOM, "--directory", str(tmp_path))
    assert (tmp_path / ROOM).is_symlink()
