"""From an Avro record to an event's data: openedx-events' own conversion, prepared once per type.

openedx-events asks of every value of every event what its type is and what that converts by. The
answers never change, so they are kept here, as functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias, get_args, get_origin

from attrs import NOTHING
from openedx_events.event_bus.avro.deserializer import (
    DEFAULT_DESERIALIZERS,
    _deserialized_avro_record_dict_to_object,
)
from openedx_events.event_bus.avro.types import (
    PYTHON_TYPE_TO_AVRO_MAPPING,
    SIMPLE_PYTHON_TYPE_TO_AVRO_MAPPING,
)
from openedx_events.tooling import OpenEdxPublicSignal

Convert: TypeAlias = Callable[[Any], Any]
"""Makes of a value of an Avro record what the event has; raises what it can't be made of."""

Deserializers: TypeAlias = Mapping[Any, Convert]
"""What converts the values of a type that Avro doesn't know, as openedx-events has them."""


def data_converter(signal: OpenEdxPublicSignal, own: Deserializers) -> Convert:
    """Return what ``AvroSignalDeserializer.from_dict`` is for a signal and its own deserializers.

    An absent or falsy value of a field that has a default is that default, there as here.
    """
    deserializers = {**DEFAULT_DESERIALIZERS, **own}
    arguments = [(name, _converter(kind, deserializers)) for name, kind in signal.init_data.items()]

    def convert(record: dict[str, Any]) -> dict[str, Any]:
        return {name: make(record[name]) if make else record[name] for name, make in arguments}

    return convert


def _converter(kind: Any, deserializers: Deserializers) -> Convert | None:
    """Return what converts values of a type; ``None`` if they are what they should be."""
    if kind in deserializers:
        return deserializers[kind]
    if kind in PYTHON_TYPE_TO_AVRO_MAPPING or _holds_simple_values(kind):
        return None
    if hasattr(kind, "__attrs_attrs__"):
        return _object_converter(kind, deserializers)
    # What later versions know beside these, theirs converts.
    return partial(
        _deserialized_avro_record_dict_to_object, data_type=kind, deserializers=deserializers
    )


def _holds_simple_values(kind: Any) -> bool:
    """Return whether a type is a list or dictionary of values that need no conversion."""
    held = get_args(kind)
    is_simple = bool(held) and all(each in SIMPLE_PYTHON_TYPE_TO_AVRO_MAPPING for each in held)
    return is_simple and get_origin(kind) in (list, dict)


def _object_converter(kind: Any, deserializers: Deserializers) -> Convert:
    """Return what makes an object of an attrs class of a record."""
    fields = [
        (each.name, each.default is NOTHING, _converter(each.type, deserializers))
        for each in kind.__attrs_attrs__
    ]

    def convert(record: dict[str, Any]) -> Any:
        values = {}
        for name, is_required, make in fields:
            if name in record:
                value = record[name]
                if value or is_required:
                    values[name] = make(value) if make else value
        return kind(**values)

    return convert


def blame(signal: OpenEdxPublicSignal, record: dict[str, Any]) -> str:
    """Return the path of the field that can't be converted, or the signal's first argument."""
    for name, kind in signal.init_data.items():
        if path := _blame_in(kind, record.get(name), name):
            return path
    return str(next(iter(signal.init_data)))


def _blame_in(kind: Any, value: Any, path: str) -> str | None:
    if convert := DEFAULT_DESERIALIZERS.get(kind):
        try:
            convert(value)
        except Exception:
            return path
        return None
    for attribute in getattr(kind, "__attrs_attrs__", ()):
        if isinstance(value, dict) and value.get(attribute.name) is not None:
            found = _blame_in(attribute.type, value[attribute.name], f"{path}.{attribute.name}")
            if found:
                return found
    return None
