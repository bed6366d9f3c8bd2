"""What a value's type becomes: a record's field, a column, a check, and what a test says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias, get_args, get_origin
from uuid import UUID

import attr
from ccx_keys.locator import CCXLocator
from opaque_keys import OpaqueKey
from opaque_keys.edx.keys import CourseKey, UsageKey
from opaque_keys.edx.locator import (
    LibraryCollectionLocator,
    LibraryContainerLocator,
    LibraryLocatorV2,
    LibraryUsageLocatorV2,
)

from shared.exceptions import ConfigurationError
from shared.startconsumer.event_values import EventValue
from shared.startconsumer.layout import Brackets, Code, Import, call

Sample: TypeAlias = Callable[[str], Code]
"""Makes code of a value from code of a number."""

Column: TypeAlias = tuple[str, Mapping[str, str]]
"""The class of a column, and its arguments in code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What a value becomes.

    ``check`` is a function of ``shared.values`` or ``shared.loose_values`` that takes value and
    field, with ``options`` in code. ``sample`` makes code of a value from code of a number, and
    ``column_value`` that of what the column then says, where it isn't the same.
    """

    annotation: str
    imports: tuple[Import, ...] = ()
    column: Column
    check: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    sample: Sample
    sample_imports: tuple[Import, ...] = ()
    column_value: Sample | None = None
    columns: frozenset[str] = frozenset()
    """The classes of columns that take it, beside its own."""

    @property
    def is_json(self) -> bool:
        """Whether it is a list or a dictionary."""
        return self.column[0] == "JSONField"


_KEYS: Mapping[type[Any], str] = {
    CourseKey: "course-v1:OpenedX+Demo+{}",
    CCXLocator: "ccx-v1:OpenedX+Demo+2026+ccx@{}",
    LibraryUsageLocatorV2: "lb:OpenedX:Demo:problem:{}",
    LibraryCollectionLocator: "lib-collection:OpenedX:Demo:{}",
    LibraryContainerLocator: "lct:OpenedX:Demo:unit:{}",
    LibraryLocatorV2: "lib:OpenedX:{}",
    UsageKey: "block-v1:OpenedX+Demo+2026+type@problem+block@{}",
}
_LONG_NAMES = ("body", "content", "context", "data", "description", "msg", "params", "text", "url")
"""How the names of texts end that are longer than a title."""


def kind_of(value: EventValue, *, is_key: bool) -> Kind:
    """Return what a value becomes. Raises ``ConfigurationError`` for one that has no column."""
    type_ = value.type
    origin = get_origin(type_)
    if origin in (list, dict):
        return _json(type_)
    if type_ in _KEYS:
        return _opaque_key(type_, value)
    if type_ is int:
        return _number_of(value)
    if type_ is str:
        return _text(value, is_key=is_key)
    if type_ in _PLAIN:
        return _PLAIN[type_]
    # bytes among them: they have a schema, and openedx-events' serializer can't send them.
    raise ConfigurationError(
        f"{value.path} is of a type that no column is known for: {type_}.",
        hint="Take another event, or write the room by hand after one that is there.",
    )


def is_identifying(value: EventValue) -> bool:
    """Return whether a value's name or type says that it identifies something."""
    if isinstance(value.type, type) and issubclass(value.type, OpaqueKey | UUID):
        return True
    last = value.name.rpartition("_")[2]
    return value.type in (int, str) and last in ("id", "uuid", "key", "identifier")


def _json(type_: Any) -> Kind:
    inside = get_args(type_)
    is_plain = all(each in (bool, float, int, str) for each in inside)
    names = [each.__name__ if is_plain else "Any" for each in inside]
    origin = get_origin(type_)
    arguments = ["str", names[-1]] if origin is dict else names
    return Kind(
        annotation=f"{origin.__name__}[{', '.join(arguments)}]",
        imports=() if is_plain else (Import("typing", "Any"),),
        column=("JSONField", {}),
        check="loose_values.json_value",
        sample=partial(_inside, type_, False),
        sample_imports=tuple(_imports_of(type_)),
        column_value=partial(_inside, type_, True),
    )


def _inside(type_: Any, in_column: bool, number: str) -> Code:
    """Return code of what is in a list or dictionary: as an event has it, or as a column does."""
    inside, origin = get_args(type_), get_origin(type_)
    if origin is list:
        return Brackets("[", (call("", _inside(inside[0], in_column, number)),), "]")
    if origin is dict:
        return Brackets("{", (call('"some": ', _inside(inside[1], in_column, number)),), "}")
    if isinstance(type_, type) and attr.has(type_):
        names = [(each.name if in_column else each.alias, each.type) for each in attr.fields(type_)]
        head = '"{}": ' if in_column else "{}="
        items = [call(head.format(n), _inside(t, in_column, number)) for n, t in names]
        brackets = ("{", "}") if in_column else (f"{type_.__name__}(", ")")
        return Brackets(brackets[0], tuple(items), brackets[1])
    kind = kind_of(EventValue(path="some", type=type_), is_key=False)
    if in_column and type_ is UUID:
        return f'"{UUID(int=int(number))}"'
    if in_column and type_ is datetime:
        return f'"{datetime(2026, 1, (int(number) - 1) % 28 + 1, tzinfo=UTC).isoformat()}"'
    return (kind.column_value or kind.sample)(number) if in_column else kind.sample(number)


def _imports_of(type_: Any) -> Iterator[Import]:
    if isinstance(type_, type) and attr.has(type_):
        yield Import(type_.__module__, type_.__name__)
        for attribute in attr.fields(type_):
            yield from _imports_of(attribute.type)
    elif inside := get_args(type_):
        yield from _imports_of(inside[-1])
    else:
        yield from kind_of(EventValue(path="some", type=type_), is_key=False).sample_imports


def _opaque_key(type_: type[Any], value: EventValue) -> Kind:
    def text(number: str) -> str:
        literal = _KEYS[type_].format(number if number.isdigit() else f"{{{number}}}")
        return f'"{literal}"' if number.isdigit() else f'f"{literal}"'

    is_run = type_ in (CourseKey, CCXLocator)
    return Kind(
        annotation="str",
        column=("CharField", {"max_length": "255"}),
        check="values.course_run_key" if is_run else "loose_values.key_text",
        sample=lambda number: f"{type_.__name__}.from_string({text(number)})",
        sample_imports=(Import(type_.__module__, type_.__name__),),
        column_value=text,
    )


def _number_of(value: EventValue) -> Kind:
    """Return the kind of a number; an id is more than that."""
    if value.name.rpartition("_")[2] != "id":
        return _PLAIN[int]
    columns = frozenset({"PositiveBigIntegerField"})
    return replace(_PLAIN[int], check="values.positive_id", columns=columns)


def _text(value: EventValue, *, is_key: bool) -> Kind:
    max_length = {"username": "150", "email": "254", "user_email": "254"}.get(value.name, "255")
    blank = {} if is_key else {"blank": "True"}
    is_long = not is_key and value.name.rpartition("_")[2] in _LONG_NAMES
    checked = "loose_values.LONG_TEXT" if is_long else max_length

    return Kind(
        annotation="str",
        column=("TextField", blank)
        if is_long
        else ("CharField", {"max_length": max_length} | blank),
        check="values.text",
        options={"max_length": checked} | blank,
        sample=_sample_text(value.name),
        columns=frozenset({"CharField", "TextField", "ExactCharField"}),
    )


def _sample_text(name: str) -> Sample:
    word = name.strip("_").replace("_", "-")
    ending = "@example.com" if name.endswith("email") else ""

    def sample(number: str) -> str:
        if number.isdigit():
            return f'"{word}-{number}{ending}"'
        return f'f"{word}-{{{number}}}{ending}"'

    return sample


def _day(number: str) -> str:
    day = str((int(number) - 1) % 28 + 1) if number.isdigit() else number
    return f"datetime(2026, 1, {day}, tzinfo=UTC)"


_PLAIN: Mapping[Any, Kind] = {
    int: Kind(
        annotation="int",
        column=("BigIntegerField", {}),
        sample=lambda number: number,
    ),
    bool: Kind(
        annotation="bool",
        column=("BooleanField", {}),
        sample=lambda number: "True" if number.isdigit() else f"({number}) % 2 == 1",
    ),
    float: Kind(
        annotation="float",
        column=("FloatField", {}),
        check="loose_values.number",
        sample=lambda number: f"{number}.5" if number.isdigit() else f"{number} + 0.5",
    ),
    datetime: Kind(
        annotation="datetime",
        imports=(Import("datetime", "datetime"),),
        column=("DateTimeField", {}),
        check="values.moment",
        sample=_day,
        sample_imports=(Import("datetime", "UTC"), Import("datetime", "datetime")),
    ),
    UUID: Kind(
        annotation="UUID",
        imports=(Import("uuid", "UUID"),),
        column=("UUIDField", {}),
        sample=lambda number: f"UUID(int={number})",
        sample_imports=(Import("uuid", "UUID"),),
    ),
}
