"""What a consumer in shadow keeps: a record for each row, and events that became none."""

from __future__ import annotations

from django.db import models

from shared.ordering import PositionField, SyncedModel


class ShadowRecord(SyncedModel):
    """What the events about one row say, kept by a consumer in shadow.

    .. pii: The values of the row that a consumer would write, of a learner as far as those are.
    .. pii_types: id, username, email_address
    .. pii_retirement: local_api

    ``sync_key`` begins with the consumer; ``record`` is blank until the first event is kept.
    """

    consumer = models.CharField(max_length=64)
    record = models.TextField(help_text="As shared.record_json writes it.")
    filled_position = PositionField()
    seen_at = models.DateTimeField(help_text="When an event last told something new of it.")

    class Meta:
        indexes = [models.Index(fields=["consumer", "seen_at"], name="event_sync_shadow_seen")]

    def __str__(self) -> str:
        return self.sync_key


class ShadowFailure(models.Model):
    """An event that became no record in shadow; live it would be a dead letter.

    .. no_pii:
    """

    MOST = 1000
    """How many are kept of each consumer, and of those that none has; a few more by a race."""

    room = models.CharField(max_length=64)
    consumer = models.CharField(max_length=64, blank=True)
    place = models.CharField(max_length=300, help_text="Topic, partition and offset.")
    error = models.TextField(help_text="Fields, headers and classes; never values.")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["room", "consumer", "place"], name="event_sync_shadow_failed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.consumer or self.room}: {self.place}"
