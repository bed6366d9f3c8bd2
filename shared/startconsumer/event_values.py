"""The values that an event holds, as the attrs classes of its signal declare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import Any, get_args

import attr
from openedx_events.tooling import OpenEdxPublicSignal

from shared.catalogue import signal_paths
from shared.event_schemas import fields_of, schema_of
from shared.exceptions import ConfigurationError

_HINT = (
    "Name the signal by its dotted path, as in "
    "openedx_events.learning.signals.COURSE_ENROLLMENT_CREATED."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventValue:
    """A value in an event's data, by its dotted path.

    ``record`` is the attrs class that has it, if one does. ``optional_in`` has the paths of the
    objects around it that may be None, outermost first; ``nullable`` says whether itself may be.
    """

    path: str
    type: Any
    record: type | None = None
    nullable: bool = False
    default: Any = attr.NOTHING
    optional_in: tuple[str, ...] = ()

    @property
    def optional(self) -> bool:
        """Whether an event may come without it."""
        return self.nullable or bool(self.optional_in)

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.rpartition(".")[2]

    @property
    def parent(self) -> str:
        """The path of what holds it."""
        return self.path.rpartition(".")[0]


def signal_at(dotted: str) -> OpenEdxPublicSignal:
    """Return the signal of this dotted path. Raises ``ConfigurationError``."""
    module_name, _, name = dotted.rpartition(".")
    if not module_name:
        raise ConfigurationError(f"{name!r} is no dotted path.", hint=_path_of(name) or _HINT)
    module = _module(module_name)
    signal = getattr(module, name, None)
    if not isinstance(signal, OpenEdxPublicSignal):
        known = [n for n, each in vars(module).items() if isinstance(each, OpenEdxPublicSignal)]
        near = ", ".join(get_close_matches(name, known))
        raise ConfigurationError(
            f"{dotted!r} is no signal of an event.",
            hint=f"Did you mean {near}?" if near else _HINT,
        )
    return signal


def _path_of(name: str) -> str:
    """Return a hint: the path of the one signal of this name, if there is exactly one."""
    paths = [path for path in signal_paths().values() if path.endswith(f".{name}")]
    return f"Did you mean {paths[0]}?" if name and len(paths) == 1 else ""


def _module(name: str) -> ModuleType:
    try:
        return import_module(name)
    except Exception as error:  # a module may raise anything while it is imported
        if name.startswith(".") or _is_missing(name, error):
            raise ConfigurationError(f"There is no module {name!r}.", hint=_HINT) from error
        raise ConfigurationError(
            f"{name} can't be imported: {type(error).__name__}: {error}",
            hint="Install what it needs; models, for one, need their app in INSTALLED_APPS.",
        ) from error


def _is_missing(name: str, error: Exception) -> bool:
    """Return whether it is the module that is missing, and not what it imports."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return f"{name}.".startswith(f"{missing}.")


def values_in(signal: OpenEdxPublicSignal) -> tuple[EventValue, ...]:
    """Return all values of a signal's events, in order. Raises ``ConfigurationError``."""
    known = {field.path for field in fields_of(schema_of(signal))}
    found = tuple(_values(signal.init_data))
    assert {value.path for value in found} == known, "the schema has what the classes have"
    return found


def _values(arguments: Mapping[str, Any]) -> Iterator[EventValue]:
    for name, type_ in arguments.items():
        yield from _inside(EventValue(path=name, type=type_))


def _inside(value: EventValue) -> Iterator[EventValue]:
    """Yield a value, or those inside it."""
    if not (isinstance(value.type, type) and attr.has(value.type)):
        yield value
        return
    around = (*value.optional_in, value.path) if value.nullable else value.optional_in
    for attribute in attr.fields(value.type):
        yield from _inside(
            EventValue(
                path=f"{value.path}.{attribute.name}",
                type=attribute.type,
                record=value.type,
                nullable=attribute.default is None,
                default=attribute.default,
                optional_in=around,
            )
        )


def classes_in(types: Iterable[Any]) -> Iterator[type]:
    """Yield the attrs classes that values of these types are made of."""
    for type_ in types:
        if isinstance(type_, type) and attr.has(type_):
            yield type_
            yield from classes_in(attribute.type for attribute in attr.fields(type_))
        yield from classes_in(get_args(type_))
