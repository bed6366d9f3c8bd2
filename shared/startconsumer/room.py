"""What a room will be: its names, its event, the fields of its rows. Nothing is written yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openedx_events.tooling import OpenEdxPublicSignal

from shared.exceptions import ConfigurationError
from shared.ordering import SyncedModel
from shared.startconsumer import keys
from shared.startconsumer.columns import check_model, check_rows, fit, unique_in
from shared.startconsumer.event_values import EventValue, classes_in, signal_at, values_in
from shared.startconsumer.kinds import Kind, is_identifying, kind_of
from shared.startconsumer.names import RoomNames, column_names
from shared.startconsumer.people import is_personal
from shared.startconsumer.places import Place, place_of

_TELLING = ("mode", "status", "state", "current_status", "title")
"""What a test lets change, if it is there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of the room's record, and so a column of its table."""

    name: str
    value: EventValue
    kind: Kind
    is_key: bool

    @property
    def is_personal(self) -> bool:
        """Whether reports don't show it."""
        return is_personal(self.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRoom:
    """A room that is to be written.

    ``values`` has all that its event holds, ``fields`` what of it a row has. ``model`` is the
    table that is there already, if the room gets none of its own.
    """

    names: RoomNames
    event: str
    signal: OpenEdxPublicSignal
    place: Place
    values: tuple[EventValue, ...]
    fields: tuple[Field, ...]
    key: tuple[Field, ...]
    key_reason: str
    model: type[SyncedModel] | None

    @property
    def signal_name(self) -> str:
        """The signal's name in its module."""
        return self.event.rpartition(".")[2]

    @property
    def constant(self) -> str:
        """The consumer's name in code, unlike the signal's and what tests import."""
        name = self.names.constant
        return f"{name}_ROWS" if name in (self.signal_name, "UTC", "UUID") else name

    @property
    def key_is_personal(self) -> bool:
        """Whether rows are told apart by what they should forget of who is retired."""
        return any(field.is_personal for field in self.key)

    @property
    def varied(self) -> Field | None:
        """What changes from one state of a row to another; None if a row can't change."""
        others = [field for field in self.fields if not field.is_key]
        return min(others, key=_reluctance, default=None)


def new_room(
    name: str,
    event: str,
    *,
    model: type[SyncedModel] | None = None,
    topic: str | None = None,
    key: Sequence[str] = (),
    fields: Sequence[str] = (),
) -> NewRoom:
    """Return what a room of this name will be. Raises ``ConfigurationError``.

    ``fields`` are those of the record, beside its key; without them it has all that there is.
    """
    RoomNames(name)  # a bad name is told before the event's module is imported
    signal = signal_at(event)
    values = values_in(signal)
    classes = classes_in(signal.init_data.values())
    names = RoomNames(name, frozenset(each.__name__ for each in classes))
    columns = column_names(values)
    if model:
        check_model(model, columns.values())
        values_kept = [value for value in values if _has(model, columns[value.path])]
    else:
        values_kept = list(values)
    guessed = _key_paths(key, values_kept, columns, model)
    if fields:
        paths = {*guessed.paths, *_paths(fields, values_kept, columns)}
        values_kept = [value for value in values_kept if value.path in paths]
    kept = tuple(
        _field(value, columns[value.path], value.path in guessed.paths, model)
        for value in values_kept
    )
    by_path = {field.value.path: field for field in kept}
    own = tuple(by_path[path] for path in guessed.paths)
    if model:
        check_rows(model, [field.name for field in kept], [field.name for field in own])
    return NewRoom(
        names=names,
        event=event,
        signal=signal,
        place=place_of(signal, topic=topic, key=[field.value for field in own]),
        values=values,
        fields=kept,
        key=own,
        key_reason=guessed.reason,
        model=model,
    )


def _has(model: type[SyncedModel], column: str) -> bool:
    return column in {field.attname for field in model._meta.concrete_fields}


def _paths(
    asked: Sequence[str], values: Sequence[EventValue], columns: dict[str, str]
) -> Iterator[str]:
    """Yield the paths of the values that have these columns."""
    paths = {columns[value.path]: value.path for value in values}
    for name in asked:
        if name not in paths:
            raise ConfigurationError(
                f"--fields: the event has nothing for a field {name!r}.",
                hint=f"It has: {', '.join(paths)}.",
            )
        yield paths[name]


def _field(value: EventValue, name: str, is_key: bool, model: type[SyncedModel] | None) -> Field:
    kind = kind_of(value, is_key=is_key)
    kind = fit(kind, value, model, name) if model else kind
    return Field(name=name, value=value, kind=kind, is_key=is_key)


def _key_paths(
    asked: Sequence[str],
    values: Sequence[EventValue],
    columns: dict[str, str],
    model: type[SyncedModel] | None,
) -> keys.KeyGuess:
    able = {columns[value.path]: value.path for value in values if keys.can_be_key(value)}
    if not asked and model and (unique := unique_in(model, able)):
        return keys.KeyGuess((able[unique[0]],), "unique in its table")
    if not asked:
        return keys.guess(values)
    for name in asked:
        if name not in able:
            raise ConfigurationError(
                f"--key: {name!r} is no field that can identify a row.",
                hint=f"These can: {', '.join(able) or 'none'}.",
            )
    return keys.KeyGuess(tuple(able[name] for name in dict.fromkeys(asked)), keys.ASKED_FOR)


def _reluctance(field: Field) -> tuple[bool, ...]:
    """Order what may change: what says something first, and ids and names of people last."""
    return (
        field.is_personal,
        is_identifying(field.value),
        field.kind.is_json,
        bool(field.value.optional_in),
        field.value.name not in _TELLING,
        # openedx-events takes False for True where True is the default.
        field.value.default is True,
        field.kind.column[0] == "TextField",
        field.value.type not in (str, bool),
    )
