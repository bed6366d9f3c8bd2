"""Parked events, dead letters, repairs, counts and the shadow in the admin: never edited.

What a message holds is personal data: it is shown on a page of its own, to those who may see it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from shared.dashboard.page import dashboard_page
from shared.models import (
    Dashboard,
    DeadLetter,
    OutcomeCount,
    ParkedEvent,
    Repair,
    ShadowFailure,
    ShadowRecord,
    WorkerMinute,
)
from shared.repair_pages import BURY, DISCARD, REPLAY, RETRY, may, payload_page

if TYPE_CHECKING:
    # Django's own class takes no parameter at run time.
    _ModelAdmin = admin.ModelAdmin[models.Model]
else:
    _ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(_ModelAdmin):
    """Shows rows to those who may view them and lets nobody add, change or delete one."""

    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters by what isn't shown, and by regular expressions.

        Piece by piece the first would tell it; no database takes each of the others.
        """
        if lookup.partition("__")[0] in (self.exclude or ()):
            return False
        if lookup.rpartition("__")[2] in ("regex", "iregex"):
            return False
        return super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class StoredMessageAdmin(ReadOnlyAdmin):
    """Shows messages whole only to those who may see that, and lets them be repaired."""

    exclude = ("key", "value")
    change_form_template = "event_sync/stored_message.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page of what a message holds."""
        name = f"event_sync_{self.opts.model_name}_payload"
        view = self.admin_site.admin_view(never_cache(partial(payload_page, self)))
        return [path("<path:object_id>/payload/", view, name=name), *super().get_urls()]

    # A repair is made of transactions of its own, also where each request is one.
    @transaction.non_atomic_requests
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List them, or answer an action."""
        return super().changelist_view(request, extra_context)


@admin.register(ParkedEvent)
class ParkedEventAdmin(StoredMessageAdmin):
    """What waits, and for what."""

    list_display = ("consumer", "event_type", "waiting_for", "attempts", "parked_at", "retry_at")
    list_filter = ("room", "consumer", "event_type")
    search_fields = ("=event_id", "waiting_for")
    actions = ("retry", "bury")

    @admin.action(permissions=["retry"], description="Retry now")
    def retry(self, request: HttpRequest, rows: QuerySet[ParkedEvent]) -> HttpResponse | None:
        """Ask, then make them due."""
        return RETRY.answer(self, request, rows, "retry")

    @admin.action(permissions=["bury"], description="Bury")
    def bury(self, request: HttpRequest, rows: QuerySet[ParkedEvent]) -> HttpResponse | None:
        """Ask for a reason, then bury them."""
        return BURY.answer(self, request, rows, "bury")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may let them be retried."""
        return may(request, "retry_parkedevent")

    def has_bury_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may bury them."""
        return may(request, "bury_parkedevent")


@admin.register(DeadLetter)
class DeadLetterAdmin(StoredMessageAdmin):
    """What can't succeed without a person, and why."""

    list_display = ("buried_at", "room", "consumer", "receiver", "event_type", "error")
    list_filter = ("room", "consumer", "event_type")
    search_fields = ("=event_id", "error")
    date_hierarchy = "buried_at"
    actions = ("replay", "discard")

    @admin.action(permissions=["replay"], description="Replay")
    def replay(self, request: HttpRequest, rows: QuerySet[DeadLetter]) -> HttpResponse | None:
        """Ask, then replay them."""
        return REPLAY.answer(self, request, rows, "replay")

    @admin.action(permissions=["discard"], description="Discard")
    def discard(self, request: HttpRequest, rows: QuerySet[DeadLetter]) -> HttpResponse | None:
        """Ask for a reason, then drop them."""
        return DISCARD.answer(self, request, rows, "discard")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may replay them."""
        return may(request, "replay_deadletter")

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may drop them."""
        return may(request, "discard_deadletter")


@admin.register(Repair)
class RepairAdmin(ReadOnlyAdmin):
    """Who repaired what, when, why, and what came of it."""

    list_display = ("at", "actor", "action", "consumer", "receiver", "event_type", "result")
    list_filter = ("action", "room", "consumer")
    search_fields = ("=event_id", "=actor", "=place")
    date_hierarchy = "at"


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


@admin.register(WorkerMinute)
class WorkerMinuteAdmin(ReadOnlyAdmin):
    """What each worker said of itself, by minute."""

    list_display = ("minute", "worker", "room", "state", "lag", "messages", "batches", "reason")
    list_filter = ("room", "mode", "state")
    date_hierarchy = "minute"


@admin.register(Dashboard)
class DashboardAdmin(ReadOnlyAdmin):
    """How the rooms are; takes the place of a list."""

    def get_urls(self) -> list[URLPattern]:
        """There is the one page."""
        view = self.admin_site.admin_view(never_cache(self.changelist_view))
        return [path("", view, name="event_sync_dashboard_changelist")]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show it."""
        return dashboard_page(self, request)
