"""Who repaired what, when, why, and what came of it: kept when the repaired row is gone."""

from __future__ import annotations

from django.db import models


class RepairAction(models.TextChoices):
    """What a person may do about an event that died or waits."""

    REPLAY = "replay"
    DISCARD = "discard"
    PRUNE = "prune"
    RETRY = "retry"
    BURY = "bury"
    RETIRE = "retire"


class Repair(models.Model):
    """One repair of one dead letter or parked event.

    .. pii: The name of the member of staff who did it, and a reason in that person's words.
    .. pii_types: username
    .. pii_retirement: local_api
    """

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=16, choices=RepairAction.choices)
    room = models.CharField(max_length=64)
    consumer = models.CharField(
        max_length=64, blank=True, help_text="Empty: it failed before any consumer saw it."
    )
    receiver = models.CharField(max_length=255, blank=True)
    event_type = models.CharField(max_length=255, blank=True)
    event_id = models.CharField(max_length=64, blank=True)
    place = models.CharField(max_length=300, help_text="Topic, partition and offset.")
    error = models.TextField(blank=True, help_text="What was wrong with it before.")
    reason = models.TextField(blank=True, help_text="Why, in the words of who did it.")
    result = models.CharField(max_length=128, help_text="How the event ended.")

    def __str__(self) -> str:
        return f"{self.action} {self.place}: {self.result}"
