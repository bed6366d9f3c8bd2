"""What the drafted models share: two rows for one thing, and a history of their changes."""

from __future__ import annotations

from typing import Any

from django.db import models


class DraftManager(models.Manager):
    """Hides drafts."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return the official rows."""
        return super().get_queryset().filter(draft=False)


class Drafted(models.Model):
    """A draft or an official row; the official one knows its draft."""

    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)
    draft = models.BooleanField(default=False)
    draft_version = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="_official_version"
    )

    everything = models.Manager()
    objects = DraftManager()

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._saved = self._columns() if self.pk else {}

    def _columns(self) -> dict[str, Any]:
        names = [field.attname for field in self._meta.concrete_fields]
        return {name: self.__dict__.get(name) for name in names}

    def did_change(self, name: str) -> bool:
        """Return whether a column differs from what was saved."""
        return bool(self._columns()[name] != self._saved.get(name))

    @property
    def has_changed(self) -> bool:
        """Whether there is anything to save."""
        return any(self.did_change(name) for name in self._columns())

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; the history gets a row if it is new or has changed."""
        has_news = self.has_changed
        super().save(*args, **kwargs)
        if has_news and hasattr(self, "history"):
            self.history.create()
        self._saved = self._columns()
