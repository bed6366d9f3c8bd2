"""Parked events, dead letters, counts and the shadow in the admin: to be looked at, never edited.

Message bytes are not shown: they hold personal data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from shared.models import DeadLetter, OutcomeCount, ParkedEvent, ShadowFailure, ShadowRecord

if TYPE_CHECKING:
    # Django's own class takes no parameter at run time.
    _ModelAdmin = admin.ModelAdmin[models.Model]
else:
    _ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(_ModelAdmin):
    """Shows rows to those who may view them and lets nobody add, change or delete one."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


@admin.register(ParkedEvent)
class ParkedEventAdmin(ReadOnlyAdmin):
    """What waits, and for what."""

    list_display = ("consumer", "event_type", "waiting_for", "attempts", "parked_at", "retry_at")
    list_filter = ("room", "consumer", "event_type")
    search_fields = ("=event_id", "waiting_for")
    exclude = ("key", "value")


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """What can't succeed without a person, and why."""

    list_display = ("buried_at", "room", "consumer", "receiver", "event_type", "error")
    list_filter = ("room", "consumer", "event_type")
    search_fields = ("=event_id", "error")
    date_hierarchy = "buried_at"
    exclude = ("key", "value")


@admin.register(ShadowRecord)
class ShadowRecordAdmin(ReadOnlyAdmin):
    """What is kept in shadow, and since when; shadow_report compares it."""

    list_display = ("consumer", "seen_at")
    list_filter = ("consumer",)
    exclude = ("record", "sync_key")


@admin.register(ShadowFailure)
class ShadowFailureAdmin(ReadOnlyAdmin):
    """What became no record in shadow, and why."""

    list_display = ("seen_at", "room", "consumer", "place", "error")
    list_filter = ("room", "consumer")
    search_fields = ("error",)


@admin.register(OutcomeCount)
class OutcomeCountAdmin(ReadOnlyAdmin):
    """How events ended, by minute."""

    list_display = ("minute", "worker", "room", "consumer", *OutcomeCount.OUTCOMES)
    list_filter = ("room", "consumer")
    date_hierarchy = "minute"
