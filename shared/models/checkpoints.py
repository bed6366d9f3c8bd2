"""How far a backfill has come, so that the same command goes on where it was interrupted."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.db import models


class Checkpoint(models.Model):
    """The place in a source up to which its rows are settled; there only until the end is reached.

    .. no_pii:
    """

    room = models.CharField(max_length=64)
    consumer = models.CharField(max_length=64)
    source_digest = models.CharField(max_length=64)
    source = models.TextField(help_text="The file or address.")
    place = models.TextField(help_text="As the source understands it.")
    rows = models.BigIntegerField()
    failed = models.BigIntegerField(default=0, help_text="How many of them were not brought.")
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["room", "consumer", "source_digest"], name="event_sync_one_checkpoint"
            )
        ]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.rows} rows"

    @staticmethod
    def of(room: str, consumer: str, source: str, *, now: datetime) -> Checkpoint:
        """Return the checkpoint of a source; a new one, at its beginning, if there is none."""
        key = {
            "room": room,
            "consumer": consumer,
            "source_digest": sha256(source.encode()).hexdigest(),
        }
        found = Checkpoint.objects.filter(**key).first()
        new = {"source": source, "place": "", "rows": 0, "failed": 0}
        return found or Checkpoint(**key, **new, begun_at=now, saved_at=now)

    def advance(self, place: str, rows: int, *, failed: int, now: datetime) -> None:
        """Remember a place, how many rows came before it, and how many in all were not brought.

        At the source's end all is forgotten.
        """
        self.place, self.rows, self.saved_at = place, self.rows + rows, now
        self.failed = failed
        if place:
            self._save()
        elif self.pk:
            self.delete()

    def forget(self, *, now: datetime) -> None:
        """Go back to the beginning."""
        if self.pk:
            self.delete()
        self.pk, self.place, self.rows, self.failed, self.begun_at = None, "", 0, 0, now

    def _save(self) -> None:
        # Another run of the same command may have made its own; the last word counts for both.
        row, _ = Checkpoint.objects.update_or_create(
            room=self.room,
            consumer=self.consumer,
            source_digest=self.source_digest,
            defaults={
                name: getattr(self, name)
                for name in ("source", "place", "rows", "failed", "begun_at", "saved_at")
            },
        )
        self.pk = row.pk
