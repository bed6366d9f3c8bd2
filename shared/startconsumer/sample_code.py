"""The events of a room's tests, and what its rows then say, as code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attr

from shared.startconsumer.event_values import EventValue, classes_in
from shared.startconsumer.kinds import Kind, kind_of
from shared.startconsumer.layout import Brackets, Code, Import, call, statement
from shared.startconsumer.room import NewRoom

_FIRST = 11
"""The numbers in values that never change begin here: none is that of a row or a state."""


class SampleCode:
    """Makes an event of a room as code: ``number`` is in its key, ``state`` in one other field."""

    def __init__(self, room: NewRoom) -> None:
        self._room = room
        self._values = {value.path: value for value in room.values}
        self._keys = {field.value.path for field in room.key}
        self._varied = room.varied.value.path if room.varied else ""
        self._places = {path: str(_FIRST + place) for place, path in enumerate(self._values)}

    def data(self) -> str:
        """Return the statement that returns the arguments of the signal."""
        arguments = self._room.signal.init_data.items()
        items = tuple(self._made(f'"{name}": ', name, type_) for name, type_ in arguments)
        return statement(Brackets("return {", items, "}"), 4)

    def expected(self) -> str:
        """Return what the row of number 1 in state 0 says, by column."""
        items = []
        for field in self._room.fields:
            number = "1" if self._changes(field.value.path) else self._places[field.value.path]
            says = field.kind.column_value or field.kind.sample
            items.append(call(f'"{field.name}": ', says(number)))
        return statement(Brackets("said = {", tuple(items), "}"), 4)

    def data_imports(self) -> Iterator[Import]:
        """Yield what the arguments are made of."""
        for class_ in classes_in(self._room.signal.init_data.values()):
            yield Import(class_.__module__, class_.__name__)
        for value in self._values.values():
            yield from self._kind(value).sample_imports

    def expected_imports(self) -> Iterator[Import]:
        """Yield what the row's values are made of."""
        for field in self._room.fields:
            if not field.kind.column_value:
                yield from field.kind.sample_imports

    def _made(self, head: str, path: str, type_: Any) -> Code:
        if not _is_record(type_):
            return call(head, self._sample(path))
        items = (
            self._made(f"{attribute.alias}=", f"{path}.{attribute.name}", attribute.type)
            for attribute in attr.fields(type_)
        )
        return Brackets(f"{head}{type_.__name__}(", tuple(items))

    def _sample(self, path: str) -> Code:
        kind = self._kind(self._values[path])
        if path in self._keys:
            return kind.sample("number")
        return kind.sample("state + 1" if path == self._varied else self._places[path])

    def _kind(self, value: EventValue) -> Kind:
        return kind_of(value, is_key=value.path in self._keys)

    def _changes(self, path: str) -> bool:
        return path in self._keys or path == self._varied


def _is_record(type_: Any) -> bool:
    return isinstance(type_, type) and attr.has(type_)
