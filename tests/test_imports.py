"""The law of imports: rooms build on ``shared``, never the other way; the core knows no Kafka."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).parent.parent
CORE = ("pipeline", "writing", "ordering", "upsert", "dead_letters", "parking", "shadow")
KAFKA = ("shared.kafka", "confluent_kafka", "edx_event_bus_kafka")
OURS = ("shared", "tests", "docs")
VAGUE = {"utils", "helpers", "common", "base", "mixins"}

Imports: TypeAlias = dict[str, set[str]]
"""The modules that each module of ours imports, those inside functions included."""


def imports_under(root: Path) -> Imports:
    """Return what the modules of ``shared`` and of the rooms import."""
    files = {name_of(file, root): file for file in sources(root)}
    return {name: set(_imported(name, file, files)) for name, file in files.items()}


def sources(root: Path) -> list[Path]:
    """Return the source files of ``shared`` and of the rooms."""
    packages = [path for path in root.iterdir() if path.name == "shared" or is_room(path.name)]
    return sorted(file for package in packages for file in package.rglob("*.py"))


def is_room(name: str) -> bool:
    """Return whether a top-level package of this name is a room."""
    return name.endswith("_sync")


def name_of(file: Path, root: Path) -> str:
    """Return the dotted name of a module."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, file: Path, known: Iterable[str]) -> Iterator[str]:
    package = name if file.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) + 1 - node.level], *base.split(".")])
            yield base.strip(".")
            # ``from shared import registry`` imports a module, too.
            yield from (full for alias in node.names if (full := f"{base}.{alias.name}") in known)


def reach(imports: Imports, start: str) -> set[str]:
    """Return every module that importing ``start`` may bring in, its packages included."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += imports.get(name, ())
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return found


def is_in(name: str, packages: Iterable[str]) -> bool:
    """Return whether a module is one of these packages or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def offences_against_rooms(imports: Imports) -> list[str]:
    """Return the imports of a room from ``shared`` or from another room."""
    return [
        f"{name} imports {other}"
        for name, imported in sorted(imports.items())
        for other in sorted(imported)
        if is_room(room := other.split(".")[0]) and name.split(".")[0] != room
    ]


def offences_of_the_core(imports: Imports) -> list[str]:
    """Return what of Kafka the core would bring in."""
    return [
        f"{module} reaches {name}"
        for module in CORE
        for name in sorted(reach(imports, f"shared.{module}"))
        if is_in(name, KAFKA)
    ]


def reads_event_sync(file: Path) -> bool:
    """Return whether a file asks anything for its ``EVENT_SYNC``."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "EVENT_SYNC")
        or (isinstance(node, ast.Constant) and node.value == "EVENT_SYNC")
        for node in ast.walk(ast.parse(file.read_text()))
    )


@cache
def our_imports() -> Imports:
    """Return what this repository's modules import."""
    return imports_under(ROOT)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small repository that keeps the law."""
    for path, text in {
        "shared/__init__.py": "",
        "shared/kafka/__init__.py": "",
        "shared/kafka/worker.py": "from shared import pipeline",
        "shared/pipeline.py": "from shared.records import Record",
        "shared/records.py": "",
        "one_sync/__init__.py": "",
        "one_sync/mappers.py": "from shared.records import Record\nfrom one_sync import records",
        "one_sync/records.py": "",
        "two_sync/__init__.py": "",
        **{f"shared/{name}.py": "" for name in CORE if name != "pipeline"},
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_no_room_is_imported_by_shared_or_another_room():
    """A room can be deleted without a change to any other module's code."""
    assert offences_against_rooms(our_imports()) == []


def test_core_reaches_no_kafka():
    """Neither directly nor through what it imports, not even inside a function."""
    assert offences_of_the_core(our_imports()) == []


def test_worker_reaches_no_system_checks():
    """What it looks at before it starts is in a module of its own, which the checks ask, too."""
    assert "shared.checks" not in reach(our_imports(), "shared.kafka.worker")


def test_core_is_there():
    """The names above are modules."""
    assert {f"shared.{name}" for name in CORE} <= our_imports().keys()


def test_only_conf_reads_event_sync():
    """Everything else asks the typed settings object."""
    readers = [name_of(file, ROOT) for file in sources(ROOT) if reads_event_sync(file)]
    assert readers == ["shared.conf"]


def test_only_the_reference_project_names_rooms():
    """Whatever else is in ``shared`` stays as it is when a room goes or comes."""
    rooms = [path.name for path in ROOT.iterdir() if is_room(path.name)]
    naming = {
        file.relative_to(ROOT / "shared").parts[0]
        for file in (ROOT / "shared").rglob("*")
        if file.suffix in (".py", ".html", ".py-tpl", ".avsc")
        and any(room in file.read_text() for room in rooms)
    }
    assert naming == {"project"}


def test_no_module_has_a_vague_name():
    """A file or folder is named by what is in it."""
    tops = [path for path in ROOT.iterdir() if path.name in OURS or is_room(path.name)]
    paths = [path.relative_to(ROOT) for top in tops for path in (top, *top.rglob("*"))]
    vague = [path for path in paths if not VAGUE.isdisjoint({path.stem, path.name})]
    assert len(tops) > len(OURS)
    assert vague == []


def test_lawful_tree_has_no_offences(tree):
    """The checks above find nothing where there is nothing."""
    assert offences_against_rooms(imports_under(tree)) == []
    assert offences_of_the_core(imports_under(tree)) == []


@pytest.mark.parametrize(
    ("path", "text", "offence"),
    [
        ("shared/x.py", "import one_sync.records", "shared.x imports one_sync.records"),
        ("shared/x.py", "def f():\n    from one_sync import y", "shared.x imports one_sync"),
        ("two_sync/x.py", "from one_sync.records import R", "two_sync.x imports one_sync.records"),
    ],
)
def test_import_of_a_room_is_found(tree, path, text, offence):
    """In every form that an import can have."""
    (tree / path).write_text(text)
    assert offences_against_rooms(imports_under(tree)) == [offence]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shared/pipeline.py", "from shared.kafka.worker import Worker"),
        ("shared/records.py", "from shared import kafka"),
        ("shared/records.py", "def f():\n    from .kafka import worker"),
        ("shared/__init__.py", "import confluent_kafka"),
    ],
)
def test_way_to_kafka_is_found(tree, path, text):
    """Directly, through another module, inside a function, and through the package itself."""
    (tree / path).write_text(text)
    assert any("pipeline reaches" in text for text in offences_of_the_core(imports_under(tree)))


@pytest.mark.parametrize(
    "text",
    ['getattr(settings, "EVENT_SYNC", {})', "settings.EVENT_SYNC", 'hasattr(s, "EVENT_SYNC")'],
)
def test_reader_of_event_sync_is_found(tmp_path, text):
    """In every form that reading can have."""
    file = tmp_path / "x.py"
    file.write_text(text)
    assert reads_event_sync(file)
