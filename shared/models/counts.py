"""How many events ended how."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import IntegrityError, connections, models, router, transaction

from shared.exceptions import TransientError
from shared.outcomes import Outcome


class OutcomeCountQuerySet(models.QuerySet["OutcomeCount"]):
    """Verbs on counts."""

    def sums(self, *names: str) -> list[dict[str, Any]]:
        """Return the sums of the outcomes, each as ``<outcome>__sum``, by these columns."""
        rows = self.order_by(*names).values(*names)
        return list(rows.annotate(*map(models.Sum, OutcomeCount.OUTCOMES)))


# The ids of the present minute's rows. Only of committed ones: the id of a row that was rolled back
# may become another's.
_known: dict[frozenset[tuple[str, Any]], int] = {}


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
        # Not by the minute: with it MariaDB goes by that one's index, and locks its neighbours.
        place = {name: value for name, value in identity.items() if name != "minute"}
        known = _known.get(frozenset(identity.items()))
        if known and cls._is_added(counts, {"id": known, **place}):
            return
        # Looked for without a lock, and by its id updated: at REPEATABLE READ MariaDB locks the gap
        # around a row that isn't there, and every row of the minute, and neighbours deadlock.
        row = identity
        if ids := list(cls.objects.filter(**identity).values_list("pk", flat=True)):
            row = {"id": ids[0], **place}
            transaction.on_commit(partial(_known.update, {frozenset(identity.items()): ids[0]}))
        elif cls._is_first(counts, identity):
            return
        if not cls._is_added(counts, row):
            raise TransientError(
                "Another thread's count is there, and this transaction can't see it."
            )

    @classmethod
    def _is_added(cls, counts: dict[str, int], row: dict[str, Any]) -> bool:
        """Add to the row that has these columns, if there is one.

        Every batch does: Django would take longer to write the statement than the database to do
        it.
        """
        connection = connections[router.db_for_write(cls)]
        sums = ", ".join(f"{name} = {name} + %s" for name in counts)
        found = " AND ".join(f"{name} = %s" for name in row)
        columns = {field.name: field for field in cls._meta.concrete_fields}
        values = [columns[name].get_db_prep_value(value, connection) for name, value in row.items()]
        with connection.cursor() as cursor:
            sql = f"UPDATE {cls._meta.db_table} SET {sums} WHERE {found}"  # nosec B608 # our names
            cursor.execute(sql, [*counts.values(), *values])
            number: int = cursor.rowcount
        return number > 0

    @classmethod
    def _is_first(cls, counts: dict[str, int], identity: dict[str, Any]) -> bool:
        """Make the row, unless another thread of the process was faster."""
        _known.clear()  # a new minute has begun
        try:
            with transaction.atomic():
                cls.objects.create(**identity, **counts)
        except IntegrityError:
            return False
        return True
