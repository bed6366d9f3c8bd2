"""How many events ended how."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F

from shared.exceptions import TransientError
from shared.outcomes import Outcome


class OutcomeCountQuerySet(models.QuerySet["OutcomeCount"]):
    """Verbs on counts."""

    def sums(self, *names: str) -> list[dict[str, Any]]:
        """Return the sums of the outcomes, each as ``<outcome>__sum``, by these columns."""
        rows = self.order_by(*names).values(*names)
        return list(rows.annotate(*map(models.Sum, OutcomeCount.OUTCOMES)))


class OutcomeCount(models.Model):
    """How many events ended how, per worker, consumer and minute.

    .. no_pii:

    ``parked`` and ``dead`` are net changes: an event that is parked no more, or a dead letter that
    is replayed, counts minus one there and plus one where it ended, so that the columns' totals
    count each event once.
    """

    OUTCOMES = tuple(outcome.value for outcome in Outcome)

    worker = models.CharField(max_length=255)
    room = models.CharField(max_length=64)
    consumer = models.CharField(max_length=64, blank=True)
    minute = models.DateTimeField(db_index=True)
    applied = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    stale = models.IntegerField(default=0)
    filtered = models.IntegerField(default=0)
    ignored = models.IntegerField(default=0)
    parked = models.IntegerField(default=0)
    dead = models.IntegerField(default=0)

    objects = OutcomeCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "room", "consumer", "minute"], name="event_sync_count_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.consumer or self.room} {self.minute:%Y-%m-%d %H:%M}"

    @classmethod
    def add(cls, counts: dict[str, int], **identity: Any) -> None:
        """Add to the counts of one worker, consumer and minute. Raises ``TransientError``."""
        rows = cls.objects.filter(**identity)
        # Looked for without a lock, and by its id updated: at REPEATABLE READ MariaDB locks the gap
        # around a row that isn't there, and every row of the minute, and neighbours deadlock.
        if keys := list(rows.values_list("pk", flat=True)):
            rows = cls.objects.filter(pk__in=keys)
        elif cls._is_first(counts, identity):
            return
        if not rows.update(**{name: F(name) + count for name, count in counts.items()}):
            raise TransientError(
                "Another thread's count is there, and this transaction can't see it."
            )

    @classmethod
    def _is_first(cls, counts: dict[str, int], identity: dict[str, Any]) -> bool:
        """Make the row, unless another thread of the process was faster."""
        try:
            with transaction.atomic():
                cls.objects.create(**identity, **counts)
        except IntegrityError:
            return False
        return True
