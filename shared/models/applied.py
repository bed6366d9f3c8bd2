"""What the row of a host has followed, where that row can't say it by itself."""

from __future__ import annotations

from django.db import models

from shared.ordering import SyncedModel


class AppliedEvent(SyncedModel):
    """The newest event that a host's row has followed; ``sync_key`` begins with the consumer.

    .. no_pii:

    The row is there before its first event is, to be locked.
    """

    consumer = models.CharField(max_length=64, db_index=True)
    has_followed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.sync_key
