"""Stands in for django-simple-history: each save leaves a copy of the row, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import models
from django.db.models.signals import post_delete, post_save
from django.utils.timezone import now

M = TypeVar("M", bound=type[models.Model])


def keeps_history(model: M) -> M:
    """Give a model a second one for its past, and its rows a manager ``history``."""
    columns = {each.attname: _plain(each) for each in model._meta.concrete_fields}
    meta = type("Meta", (), {"app_label": model._meta.app_label, "ordering": ("-history_id",)})
    own = {
        "__module__": model.__module__,
        "Meta": meta,
        "history_id": models.AutoField(primary_key=True),
        "history_date": models.DateTimeField(default=now, db_index=True),
        "history_type": models.CharField(max_length=1),
        "history_change_reason": models.CharField(max_length=100, null=True),
    }
    past: Any = type(f"Historical{model.__name__}", (models.Model,), columns | own)

    def remember(*, instance: Any, created: bool, **_signal: object) -> None:
        remember_all(type(instance), [instance], "+" if created else "~")

    def remember_end(*, instance: Any, **_signal: object) -> None:
        remember_all(type(instance), [instance], "-")

    setattr(model, "past", past)  # noqa: B010 - no attribute that mypy knows
    setattr(model, "history", _History())  # noqa: B010
    post_save.connect(remember, sender=model, weak=False)
    post_delete.connect(remember_end, sender=model, weak=False)
    return model


class _History:
    """The past of a row, or of all."""

    def __get__(self, row: Any, model: Any) -> Any:
        entries = model.past.objects.all()
        return entries if row is None else entries.filter(**{row._meta.pk.attname: row.pk})


def remember_all(model: Any, rows: Sequence[Any], kind: str = "~") -> None:
    """Leave copies of rows that were written without a signal."""
    names = [each.attname for each in model._meta.concrete_fields]
    model.past.objects.bulk_create(
        model.past(
            history_type=kind,
            history_change_reason=getattr(row, "_change_reason", None),
            history_date=getattr(row, "_history_date", None) or now(),
            **{name: getattr(row, name) for name in names},
        )
        for row in rows
    )


def _plain(column: Any) -> Any:
    """Return a column for the same values that neither identifies nor refers."""
    kind = column.target_field if column.is_relation else column
    if isinstance(kind, models.AutoField):
        return models.BigIntegerField(null=True)
    size = {"max_length": kind.max_length} if isinstance(kind, models.CharField) else {}
    return type(kind)(null=True, **size)
