"""Destinations in a table of the room's own, which can be read back for a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial, update_wrapper
from importlib.util import find_spec
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.db import transaction
from django.db.models import PROTECT, Q, QuerySet
from django.db.models.functions import Lower

from shared.exceptions import ConfigurationError
from shared.learners import OTHERWISE_FOLDED, Identity, Learner, Names
from shared.ordering import Position, SyncedModel
from shared.outcomes import Held, WriteResult
from shared.record_json import values_of
from shared.records import PositionedRecord, Record, fold_key

R = TypeVar("R", bound=Record)

Write = Callable[[Sequence[PositionedRecord[R]]], Sequence[WriteResult]]


class TableDestination(Generic[R]):
    """Writes records by a function, and tells what the table holds for them."""

    def __init__(self, model: type[SyncedModel], gone: Mapping[str, str], write: Write[R]) -> None:
        self._model = model
        self._gone = gone
        self._write = write
        update_wrapper(self, write)

    def __call__(self, records: Sequence[PositionedRecord[R]]) -> list[WriteResult]:
        """Write the records."""
        return list(self._write(records))

    def held(self, records: Sequence[R]) -> list[Held]:
        """Return what the table says for each record, by field; ``None`` where it has no row."""
        keys = [fold_key(record.key) for record in records]
        rows = self._model._default_manager.in_bulk(sorted(set(keys)), field_name="sync_key")
        return [
            {name: getattr(rows[key], name) for name in values_of(record)} if key in rows else None
            for key, record in zip(keys, records, strict=True)
        ]

    def keys(self, before: datetime) -> Iterator[str]:
        """Yield the folded keys of the rows that followed no event of this time or a later one."""
        rows = self._model._default_manager.filter(position__lt=Position.at(before))
        yield from rows.exclude(**self._gone).values_list("sync_key", flat=True).iterator()

    def deleted(self, before: Position) -> QuerySet[Any]:
        """Return the rows that say that what they were about is deleted, and are needed by none."""
        model = self._model
        rows = model._default_manager.filter(position__lt=before, **self._gone)
        for relation in model._meta.related_objects if self._gone else ():
            if relation.on_delete is PROTECT:
                rows = rows.filter(**{f"{relation.name}__isnull": True})
        return rows if self._gone else rows.none()

    def naming(self, learner: Learner, wanted: Names) -> list[int]:
        """Return the ids of the rows that name one of these."""
        rows, found = self._model._default_manager.all(), Q(pk__in=())
        for field in (each for each in learner.fields if each.column):
            values = [value for identity, value in wanted if identity is field.identity]
            if field.identity is Identity.LMS_USER_ID:
                found |= Q(**{f"{field.column}__in": values})
            elif values:
                rows = rows.alias(**{f"lower_{field.column}": Lower(field.column)})
                found |= Q(**{f"lower_{field.column}__in": values})
                found |= Q(**{f"{field.column}__regex": OTHERWISE_FOLDED})
        return _confirmed(rows.filter(found), learner, wanted)

    def forget(self, learner: Learner, wanted: Names, ids: Sequence[int], *, now: datetime) -> int:
        """Blank in these rows what names one of these; return in how many it was needed."""
        with transaction.atomic():
            rows = self._model._default_manager.filter(pk__in=ids).order_by("sync_key")
            ours = _confirmed(rows.select_for_update(), learner, wanted)
            blanks = {**learner.blanks, "modified": now}
            return self._model._default_manager.filter(pk__in=ours).update(**blanks)


def _confirmed(rows: QuerySet[Any], learner: Learner, wanted: Names) -> list[int]:
    """Return the ids of those that do name one of these: a collation may find other names equal."""
    return [row.pk for row in rows if learner.names_of(vars(row)) & wanted]


def in_table(
    model: type[SyncedModel], *, gone: Mapping[str, str] | None = None
) -> Callable[[Write[R]], TableDestination[R]]:
    """Make a destination of a function that writes to this table, matched by its ``sync_key``.

    ``gone`` has the values, by column, of rows that say that what they were about is deleted.
    Raises ``ConfigurationError`` if the app that has the table isn't installed.
    """
    if missing := _missing_app(model):
        raise ConfigurationError(
            f"The table of {model.__name__} belongs to {missing!r}, which isn't installed.",
            hint=f"Add {missing!r} to INSTALLED_APPS.",
        )
    return partial(TableDestination, model, gone or {})


def _missing_app(model: type[SyncedModel]) -> str:
    """Return the app beside whose ``apps`` module a model is written, if it isn't installed.

    Django then takes the model for one of the app around it, which has no migration for it.
    """
    package = model.__module__.rpartition(".")[0]
    while package and not apps.is_installed(package):
        if find_spec(f"{package}.apps"):
            return package
        package = package.rpartition(".")[0]
    return ""
