"""Whether a table that is there already can hold what an event says, and how."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.apps import apps
from django.db import models

from shared.exceptions import ConfigurationError
from shared.ordering import PositionField, SyncedModel
from shared.startconsumer.event_values import EventValue
from shared.startconsumer.kinds import Kind


def model_named(label: str) -> type[SyncedModel]:
    """Return the model of ``app_label.Model``. Raises ``ConfigurationError``."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise ConfigurationError(
            f"There is no model {label!r}: {error}",
            hint="Name an installed one as APP_LABEL.MODEL, or leave --model out.",
        ) from error
    if not issubclass(model, SyncedModel):
        raise ConfigurationError(
            f"{label} is no SyncedModel, so its rows can't tell a newer event from an older one.",
            hint="Let it inherit from shared.ordering.SyncedModel, or leave --model out.",
        )
    return model


def check_model(model: type[SyncedModel], names: Iterable[str]) -> None:
    """Find what keeps a model from having an event's rows. Raises ``ConfigurationError``."""
    known = list(names)
    own = [field for field in model._meta.concrete_fields if not _is_kept_by_shared(field)]
    said = [field for field in own if field.attname in known]
    if not said:
        raise ConfigurationError(
            f"{model._meta.label} has no column for anything that the event says.",
            hint=f"Give it some of these: {', '.join(known)}.",
        )
    if any(model._meta.parents.values()):
        raise ConfigurationError(
            f"{model._meta.label} has columns in the table of another model.",
            hint="Let it inherit from SyncedModel alone, or leave --model out.",
        )
    unsaid = [f.attname for f in own if f.attname not in known and not _can_be_left_out(f)]
    if unsaid:
        raise ConfigurationError(
            f"{model._meta.label} needs what the event doesn't say: {', '.join(unsaid)}.",
            hint=f"Give these a default, or name them as the event does: {', '.join(known)}.",
        )


def check_rows(model: type[SyncedModel], said: Iterable[str], key: Sequence[str]) -> None:
    """Find a column in which rows with other keys can't agree. Raises ``ConfigurationError``."""
    for name in unique_in(model, said):
        if [name] != list(key):
            raise ConfigurationError(
                f"{model._meta.label}.{name} is unique, and rows are told apart by "
                f"{', '.join(key)}: a second one would be a dead letter.",
                hint=f"Say --key {name}, or let the column not be unique.",
            )


def unique_in(model: type[SyncedModel], names: Iterable[str]) -> list[str]:
    """Return which of these columns no two rows share."""
    unique = {field.attname for field in model._meta.concrete_fields if field.unique}
    return [name for name in names if name in unique]


def fit(kind: Kind, value: EventValue, model: type[SyncedModel], name: str) -> Kind:
    """Return a kind with its check made for the model's column. Raises ``ConfigurationError``."""
    column = next(field for field in model._meta.concrete_fields if field.attname == name)
    taking = {kind.column[0], *kind.columns}
    if not taking & {column.get_internal_type(), type(column).__name__}:
        raise ConfigurationError(
            f"{model._meta.label}.{name} is a {type(column).__name__}, and {value.path} needs "
            f"a {' or a '.join(sorted(taking))}.",
            hint="Change the column, or leave --model out.",
        )
    if value.optional and not column.null:
        raise ConfigurationError(
            f"{model._meta.label}.{name} can't be null, and {value.path} may be.",
            hint="Give it null=True, or leave --model out.",
        )
    most, own = column.max_length, kind.column[1].get("max_length")
    if kind.annotation != "str" or most is None or str(most) == own:
        return kind
    return replace(kind, options=dict(kind.options) | {"max_length": str(most)})


def _is_kept_by_shared(field: models.Field[object, object]) -> bool:
    kept = ("sync_key", "position", "created", "modified")
    return field.primary_key or isinstance(field, PositionField) or field.attname in kept


def _can_be_left_out(field: models.Field[object, object]) -> bool:
    return field.has_default() or field.null or (field.empty_strings_allowed and field.blank)
