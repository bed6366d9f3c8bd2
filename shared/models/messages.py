"""Events that wait for a parent, and events that died: each with its message, byte for byte."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from django.db import connections, models

from shared.messages import Message
from shared.outcomes import reference_prefix


class StoredMessage(models.Model):
    """A message kept whole, so that it can take the same way again.

    Header values are percent-encoded: readable, and every byte comes back.
    """

    room = models.CharField(max_length=64)
    consumer = models.CharField(
        max_length=64, blank=True, help_text="Empty: it failed before any consumer saw it."
    )
    event_type = models.CharField(max_length=255, blank=True)
    event_id = models.CharField(max_length=64, blank=True)
    topic = models.CharField(max_length=249)
    partition = models.IntegerField()
    offset = models.BigIntegerField()
    key = models.BinaryField(null=True)
    value = models.BinaryField(null=True)
    headers = models.JSONField(default=list)
    broker_time = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @staticmethod
    def columns_of(message: Message) -> dict[str, Any]:
        """Return the columns that hold a message."""
        return {
            "topic": message.topic,
            "partition": message.partition,
            "offset": message.offset,
            "key": message.key,
            "value": message.value,
            "headers": [
                [quote_from_bytes(k.encode()), None if v is None else quote_from_bytes(v)]
                for k, v in message.headers
            ],
            "broker_time": message.timestamp,
        }

    @property
    def message(self) -> Message:
        """The message, byte for byte."""
        return Message(
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
            key=None if self.key is None else bytes(self.key),
            value=None if self.value is None else bytes(self.value),
            headers=tuple(
                (unquote_to_bytes(k).decode(), None if v is None else unquote_to_bytes(v))
                for k, v in self.headers
            ),
            timestamp=self.broker_time,
        )

    def __str__(self) -> str:
        return f"{self.consumer or self.room}: {self.topic}[{self.partition}]@{self.offset}"


_FIRST_OF_ALL = datetime(1970, 1, 2, tzinfo=UTC)


class ParkedEventQuerySet(models.QuerySet["ParkedEvent"]):
    """Verbs on parked events."""

    def hasten(self) -> int:
        """Make these due before everything else; return how many."""
        return self.update(retry_at=_FIRST_OF_ALL)

    def due(
        self, room: str, topics: Collection[str], *, max_age: float, now: datetime
    ) -> ParkedEventQuerySet:
        """Return a room's parked events whose time to be retried has come, oldest first.

        Of other topics than these (full names) only those that are older than ``max_age`` seconds,
        and so to be buried: who consumes another bus may not be able to read them.
        """
        ours = models.Q(topic__in=topics) | models.Q(
            parked_at__lte=now - timedelta(seconds=max_age)
        )
        return self.filter(ours, room=room, retry_at__lte=now).order_by("retry_at", "pk")

    def wanting(self, consumers: Iterable[str]) -> Self:
        """Return what waits for a row that one of these consumers is to bring."""
        # What Django makes of ``startswith`` MySQL can't look up in an index.
        lookup = "istartswith" if connections[self.db].vendor == "mysql" else "startswith"
        found = models.Q(pk__in=())
        for name in consumers:
            found |= models.Q(**{f"waiting_for__{lookup}": reference_prefix(name)})
        return self.filter(found)

    def wake(self, references: list[str]) -> int:
        """Make due, before everything else, what waits for one of these rows; return how many.

        What is due already counts, too: another worker may be about to park it once more, having
        looked for the row in vain. The update waits for that, and is the last word.
        """
        return self.filter(waiting_for__in=references).hasten()


class ParkedEvent(StoredMessage):
    """An event that waits for a row it refers to; retried by itself.

    .. pii: The message whole, with whatever personal data the event has, until it is settled.
    .. pii_types: id, username, email_address
    .. pii_retirement: local_api
    """

    waiting_for = models.CharField(max_length=350, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    parked_at = models.DateTimeField()
    retry_at = models.DateTimeField()

    objects = ParkedEventQuerySet.as_manager()

    class Meta:
        indexes = [
            # With the id, by which those that were made due together are in order.
            models.Index(fields=["room", "retry_at", "id"], name="event_sync_parked_due"),
            models.Index(fields=["room", "consumer", "parked_at"], name="event_sync_parked_depth"),
        ]
        constraints = [
            # A redelivered message parks once.
            models.UniqueConstraint(
                fields=["room", "consumer", "topic", "partition", "offset"],
                name="event_sync_parked_once",
            )
        ]
        permissions = [
            ("retry_parkedevent", "Can let parked events be retried now"),
            ("bury_parkedevent", "Can bury parked events"),
        ]


class DeadLetter(StoredMessage):
    """An event that can't succeed without a person.

    .. pii: The message whole, with whatever personal data the event has; to see it takes a
       permission of its own.
    .. pii_types: id, username, email_address
    .. pii_retirement: local_api
    """

    group = models.CharField(max_length=255, blank=True)
    receiver = models.CharField(
        max_length=255, blank=True, help_text="The host's receiver that raised, if one did."
    )
    error = models.TextField(help_text="Fields, headers and classes; never values.")
    attempts = models.PositiveIntegerField(default=1)
    buried_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["room", "consumer", "buried_at"], name="event_sync_dead_depth")
        ]
        constraints = [
            # A redelivered message is buried once.
            models.UniqueConstraint(
                fields=["room", "consumer", "receiver", "topic", "partition", "offset"],
                name="event_sync_dead_once",
            )
        ]
        permissions = [
            ("replay_deadletter", "Can replay dead letters"),
            ("discard_deadletter", "Can discard dead letters"),
            ("view_payload", "Can see what an event holds, personal data included"),
        ]
