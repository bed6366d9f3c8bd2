"""Stands in for ``model_utils.models``."""

from typing import Any

from django.db import models
from django.utils.timezone import now


class TimeStampedModel(models.Model):
    """Knows when it was modified, whichever fields are saved; bulk updates pass it by."""

    created = models.DateTimeField(default=now)
    modified = models.DateTimeField(default=now)

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """Save, with the time of it."""
        if not self._state.adding:
            self.modified = now()
        if update_fields is not None:
            update_fields = {*update_fields, "modified"}
        super().save(*args, update_fields=update_fields, **kwargs)
