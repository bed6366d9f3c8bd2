"""How a mapper reaches the values of an event: through a variable for each object that may lack."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from shared.startconsumer.event_values import EventValue
from shared.startconsumer.layout import Conjunction, statement

if TYPE_CHECKING:
    from shared.startconsumer.room import Field

_TAKEN = {*dir(builtins), "data", "metadata", "values", "loose_values", "filters", "replace"}


class Variables:
    """The local variables of a mapper, one for each argument and each object inside an optional."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._names: dict[str, str] = {}
        self._optional: set[str] = set()
        for field in fields:
            for path in self._objects(field.value):
                self._names.setdefault(path, self._name(path))

    def of(self, value: EventValue) -> tuple[list[str], str]:
        """Return what has to be there for a value to be there, and the value's expression."""
        path = self._nearest(value.parent)
        variable = self._names.get(path, "")
        rest = value.path.removeprefix(f"{path}.") if path else ""
        expression = f"{variable}.{rest}" if rest else self._names[value.path]
        return ([variable] if path in self._optional else []), expression

    def statements(self) -> Iterator[str]:
        """Yield the assignments, outermost first."""
        for path, name in self._names.items():
            holder = self._nearest(path.rpartition(".")[0])
            if not holder:
                yield f'    {name} = data["{path}"]'
                continue
            above = self._names[holder]
            attribute = f"{above}.{path.removeprefix(f'{holder}.')}"
            if holder in self._optional:
                yield statement(Conjunction(f"{name} = ", (above, attribute)), 4)
            else:
                yield statement(f"{name} = {attribute}", 4)

    def _objects(self, value: EventValue) -> Iterator[str]:
        """Yield the paths that get a variable on the way to a value."""
        parts = value.path.split(".")
        yield parts[0]
        for end in range(2, len(parts)):
            path = ".".join(parts[:end])
            is_inside = any(f"{path}.".startswith(f"{each}.") for each in value.optional_in)
            if is_inside and parts[end - 1] != "pii":
                self._optional.add(path)
                yield path

    def _name(self, path: str) -> str:
        for name in (path.rpartition(".")[2], path.replace(".", "_")):
            if name in _TAKEN or keyword.iskeyword(name):
                name += "_"
            if name not in self._names.values():
                return name
        return f"{path.replace('.', '_')}_{len(self._names)}"

    def _nearest(self, path: str) -> str:
        while path and path not in self._names:
            path = path.rpartition(".")[0]
        return path
