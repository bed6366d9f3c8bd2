"""A room's files from the templates beside this module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from django.template import Context, Engine

from shared.startconsumer import code, keys
from shared.startconsumer.imports import model_of, needed_in
from shared.startconsumer.layout import Brackets, comment, docstring, import_block, statement
from shared.startconsumer.room import NewRoom
from shared.startconsumer.sample_code import SampleCode

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = "-tpl"
_EMPTY = ("py.typed", "standalone/migrations/__init__.py")
_OF_OWN_TABLE = "standalone/"


def files_of(room: NewRoom, directory: Path) -> dict[str, str]:
    """Return the text of each file of a room in this directory, by path inside the room."""
    engine = Engine(dirs=[str(_TEMPLATES)], autoescape=False)
    context = _context(room, directory)
    files = {
        _name(path, room): engine.get_template(path).render(context).rstrip() + "\n"
        for path in _templates()
    }
    files |= dict.fromkeys(_EMPTY, "")
    if room.model:
        files["destination.py"] = files["standalone/destination.py"]
        files = {name: text for name, text in files.items() if not name.startswith(_OF_OWN_TABLE)}
    return dict(sorted(files.items()))


def _templates() -> Iterator[str]:
    for path in sorted(_TEMPLATES.rglob(f"*{_SUFFIX}")):
        yield path.relative_to(_TEMPLATES).as_posix()


def _name(template: str, room: NewRoom) -> str:
    name = template.removesuffix(_SUFFIX)
    return name.replace("test_consumer", f"test_{room.names.room}")


def _context(room: NewRoom, directory: Path) -> Context:
    sample = SampleCode(room)
    return Context(
        {
            "room": room,
            "names": room.names,
            "is_learners": bool(code.learner_fields(room)),
            "has_several_people": len(code.people_in(room)) > 1,
            "creates_only": room.varied is None,
            "docs": _docs(room),
            "pii_types": ", ".join(code.pii_types(room)),
            "event_type": room.signal.event_type,
            "destination": destination_of(room),
            "model_name": model_of(room)[1],
            "code": {
                "record_fields": code.record_fields(room),
                "key": code.key_property(room),
                "columns": code.model_columns(room),
                "migration_columns": code.migration_columns(room),
                "str": code.str_of_row(room),
                "list_display": code.admin_columns(room),
                "mapper_signature": code.mapper_signature(room),
                "mapping": code.mapping(room),
                "learner_fields": code.learner_fields(room),
                "learner_details": code.learner_details(room),
                "without_learner": code.without_learner(room),
                "data": sample.data(),
                "expected": sample.expected(),
                "write": _write_signature(room),
            },
            "imports": _imports(room, sample, partial(_is_ours, room, directory)),
        },
        autoescape=False,
    )


def _docs(room: NewRoom) -> dict[str, str]:
    """Return what says names that may be long."""
    rows, signal = room.names.rows, room.signal_name
    table = f"the table of {model_of(room)[1]}" if room.model else "its own table"
    asked = room.key_reason == keys.ASKED_FOR
    forever = " A row can't forget whom its key names." if room.key_is_personal else ""
    key = "Chosen with --key" if asked else f"Guessed ({room.key_reason})"
    return {
        "package": docstring(f"Keeps {rows} up to date from {signal}."),
        "record": docstring(f"What the newest {signal} said; leave out what nobody needs.", 4),
        "key": comment(f"{key}: change the key here, before there are rows.{forever}", 8),
        "model": docstring(f"A row of {rows}, as {signal} last said.", 4)
        .removesuffix('"""')
        .rstrip(),
        "table": docstring(f"The table of {rows}."),
        "standalone": docstring(f"The room's own table, for a service that has none for {rows}."),
        "app": docstring(f"Installed only where the host has no table for {rows}.", 4),
        "admin": docstring(f"The {rows} in the admin, to be looked at."),
        "write": docstring(
            f"Write {rows}; a newer event wins, and the same again changes nothing.", 4
        ),
        "destination": docstring(f"Writes the room's records to {table}."),
    }


def destination_of(room: NewRoom) -> str:
    """Return the dotted path of the function that writes the room's records."""
    return f"{_destination_module(room)}.{room.names.write}"


def _destination_module(room: NewRoom) -> str:
    return f"{room.names.room}.{'' if room.model else 'standalone.'}destination"


def _is_ours(room: NewRoom, directory: Path, top: str) -> bool:
    """Return whether a package is beside the new one, as linters see it."""
    is_here = top == room.names.room or (directory / top).is_dir()
    return is_here or (directory / f"{top}.py").is_file()


def _write_signature(room: NewRoom) -> str:
    argument = f"records: Sequence[PositionedRecord[{room.names.class_prefix}Record]]"
    return statement(Brackets(f"def {room.names.write}(", (argument,), ") -> list[Outcome]:"))


def _imports(room: NewRoom, sample: SampleCode, is_ours: Callable[[str], bool]) -> dict[str, str]:
    """Return the imports of each module that depend on the event."""
    return {
        name: import_block(imports, is_ours, 8 if name == "apps" else 0)
        for name, imports in needed_in(room, sample).items()
    }
