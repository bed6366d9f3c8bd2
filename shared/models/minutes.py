"""What the workers have done by minute: the newest row of each is its sign of life."""

from __future__ import annotations

from django.db import models


class WorkerMinute(models.Model):
    """One minute of one worker.

    .. no_pii:

    ``lag`` is by ``topic[partition]``, ``None`` where the broker didn't tell; ``latencies`` counts
    events by ``shared.metrics.LATENCY_BUCKETS``, with one more count for the later ones. The reason
    of a worker that neither waits nor has ended is why its lag isn't known.
    """

    worker = models.CharField(max_length=255)
    room = models.CharField(max_length=64)
    minute = models.DateTimeField(db_index=True)
    group = models.CharField(max_length=255)
    mode = models.CharField(max_length=16)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    progress_at = models.DateTimeField(help_text="When it last committed, or had nothing to do.")
    state = models.CharField(max_length=16)
    reason = models.TextField(blank=True, help_text="Why it waits, or has failed.")
    lag = models.JSONField(null=True)
    batches = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    latencies = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "room", "minute"], name="event_sync_minute_once"
            )
        ]
        indexes = [models.Index(fields=["room", "minute"], name="event_sync_minute_of_room")]

    def __str__(self) -> str:
        return f"{self.room} {self.worker} {self.minute:%Y-%m-%d %H:%M}"


class Dashboard(WorkerMinute):
    """Has no rows of its own: the admin of any host lists it, and ``view_dashboard`` opens it.

    .. no_pii:
    """

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = verbose_name_plural = "dashboard"
