"""Names that Python and Django take: of a room, what is in it, and its columns."""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from shared.exceptions import ConfigurationError
from shared.ordering import SyncedModel
from shared.startconsumer.event_values import EventValue

_ROOM = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*_sync\Z")
_MAX_ROOM_LENGTH = 50
"""What is made of it fits into a line."""
_MAX_COLUMN_LENGTH = 60
"""PostgreSQL takes 63."""

_TAKEN_AS_COLUMN = {
    *dir(builtins),
    *dir(SyncedModel),
    *("id", "pk", "objects", "key", "filled_position"),
    # Names that the generated modules import.
    *("dataclass", "date", "datetime", "Key", "models", "personal", "UUID"),
}
_TAKEN_AS_MODEL = {
    *("ConsumerContract", "EventData", "ExactCharField", "ReadOnly", "SyncedModel", "Sample"),
    *("Key", "PositionedRecord", "Outcome", "InMemoryBus", "CourseKey", "UsageKey"),
    *("LibraryCollectionLocator", "LibraryContainerLocator", "LibraryLocatorV2"),
    *("LibraryUsageLocatorV2", "ReadOnlyAdmin", "Sequence"),
    *keyword.kwlist,
}


@dataclass(frozen=True, slots=True)
class RoomNames:
    """What the things in a room are called, by the room's own name.

    ``classes`` are those that the room's modules import for its event.
    """

    room: str
    classes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not _ROOM.match(self.room) or len(self.room) > _MAX_ROOM_LENGTH:
            raise ConfigurationError(
                f"{self.room!r} is no name of a room.",
                hint="Use lower-case words joined by underscores, the last of them sync, as in "
                f"reporting_enrollments_sync; {_MAX_ROOM_LENGTH} characters at most.",
            )

    @property
    def words(self) -> list[str]:
        """The words of what it is about."""
        return self.room.split("_")[:-1]

    @property
    def consumer(self) -> str:
        """The name of its consumer."""
        return "-".join(self.words)

    @property
    def constant(self) -> str:
        """The consumer's name in code; it can't be that of a signal, which tells what happened."""
        return "_".join(self.words).upper()

    @property
    def rows(self) -> str:
        """What it keeps, in words."""
        return " ".join(self.words)

    @property
    def row(self) -> str:
        """One of those."""
        return " ".join([*self.words[:-1], _singular(self.words[-1])])

    @property
    def class_prefix(self) -> str:
        """The name of its model, and how that of its record begins."""
        name = "".join(word.capitalize() for word in self.row.split())
        if name.startswith("Test"):  # pytest would take it for a test
            return f"Synced{name}"
        # A name of capitals would be the consumer's, too.
        is_taken = name in _TAKEN_AS_MODEL or name in self.classes or name.isupper()
        return f"{name}Row" if is_taken else name

    @property
    def camel(self) -> str:
        """All of it, as classes are called that aren't a row's."""
        return "".join(word.capitalize() for word in self.words)

    @property
    def title(self) -> str:
        """What it is about, for people."""
        return self.rows.capitalize()

    @property
    def write(self) -> str:
        """The name of the function that writes its records."""
        return f"write_{'_'.join(self.words)}"


def _singular(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ss", "ss"), ("us", "us"), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word


def column_names(values: Sequence[EventValue]) -> dict[str, str]:
    """Return the name of each value's column, by its path: short where that is unambiguous."""
    arguments = {value.path.partition(".")[0] for value in values}
    short = {value.path: _short(value.path, len(arguments) == 1) for value in values}
    often = Counter(short.values())
    names: dict[str, str] = {}
    for path, name in short.items():
        full = name if often[name] == 1 else _joined(path.split("."))
        names[path] = _unlike(full, names.values())
    return names


def _short(path: str, is_only_argument: bool) -> str:
    parts = path.split(".")
    name = _joined(parts[1:] if is_only_argument and len(parts) > 1 else parts)
    if _is_taken(name):
        name = _joined(parts)
    return f"{name}_value" if _is_taken(name) else name


def _is_taken(name: str) -> bool:
    return name in _TAKEN_AS_COLUMN or keyword.iskeyword(name)


def _joined(parts: Sequence[str]) -> str:
    """Return a path's parts as one name: a course's course_key is its course_key."""
    parts = [part for part in parts[:-1] if part != "pii"] + [parts[-1]]
    parts = [
        part
        for part, following in zip(parts, [*parts[1:], ""], strict=True)
        if not following.startswith(f"{part}_")
    ]
    while len("_".join(parts)) > _MAX_COLUMN_LENGTH and len(parts) > 1:
        parts = parts[1:]
    return _plain("_".join(parts))


def _plain(text: str) -> str:
    """Return a name as Django takes it: no double underscore, none at the end."""
    name = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", text.lower())).strip("_")
    name = name if name[:1].isalpha() else f"value_{name}".strip("_")
    if len(name) > _MAX_COLUMN_LENGTH:
        beginning = name[: _MAX_COLUMN_LENGTH - 9].rstrip("_")
        name = f"{beginning}_{sha256(text.encode()).hexdigest()[:8]}"
    return name


def _unlike(name: str, taken: Iterable[str]) -> str:
    """Return a name that isn't taken yet."""
    number, found, known = 1, name, set(taken)
    while found in known:
        number += 1
        found = f"{name[: _MAX_COLUMN_LENGTH - 4].rstrip('_')}_{number}"
    return found
