"""Pages of the admin on which dead letters and parked events are repaired, or looked into.

Each repair is confirmed first, on a page that says what will happen. What is confirmed is done to
the rows that the page was about, and to no others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from shared.exceptions import EventSyncError
from shared.models import StoredMessage
from shared.payloads import look_into
from shared.repairs import LONGEST_REASON, MOST, By, Repaired, bury, discard, retry
from shared.replay import plan, replay
from shared.selection import counted, row_of

_MOST_REASONS = 5

Work: TypeAlias = Callable[[QuerySet[Any], By], Iterator[Repaired]]
Groups: TypeAlias = Callable[[QuerySet[Any]], Sequence[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairPage:
    """One kind of repair: its title, what the page says of it, and how it is done."""

    title: str
    meaning: str
    work: Work
    groups: Groups
    needs_reason: bool = False

    def answer(
        self, model_admin: Any, request: HttpRequest, rows: QuerySet[Any], action: str
    ) -> HttpResponse | None:
        """Return the page that asks, or do it and say how it went."""
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
        if len(ids) > MOST:
            text = f"{MOST} at most at a time; use the commands dead_letters or parked for more."
            messages.error(request, text)
            return None
        is_confirmed = "confirmed" in request.POST
        form = _ReasonForm(request.POST if is_confirmed else None)
        form.fields["reason"].required = self.needs_reason
        # A queryset of its own: that of the list may be joined, or have another order.
        chosen = rows.model._default_manager.filter(pk__in=ids)
        if is_confirmed and form.is_valid():
            self._do(request, chosen, form.cleaned_data["reason"])
            return None
        try:
            groups = self.groups(chosen)
        except EventSyncError as error:
            messages.error(request, str(error))
            return None
        context = {
            **model_admin.admin_site.each_context(request),
            "title": self.title,
            "meaning": self.meaning,
            "opts": model_admin.opts,
            "groups": groups,
            "ids": ids,
            "checkbox": ACTION_CHECKBOX_NAME,
            "action": action,
            "form": form,
        }
        return TemplateResponse(request, "event_sync/confirm_repair.html", context)

    def _do(self, request: HttpRequest, rows: QuerySet[Any], why: str) -> None:
        done: list[Repaired] = []
        try:
            for repaired in self.work(rows, By(_name_of(request), why)):
                done.append(repaired)
        except EventSyncError as error:
            messages.error(request, f"Stopped after {len(done)}: {error}")
        results = Counter(each.result for each in done)
        if results:
            text = ", ".join(f"{count} {result}" for result, count in sorted(results.items()))
            is_good = all(each.is_good for each in done)
            (messages.success if is_good else messages.warning)(request, f"{self.title}: {text}.")
        reasons = Counter(each.error for each in done if each.error)
        for reason, count in reasons.most_common(_MOST_REASONS):
            messages.warning(request, f"{count}: {reason}")


REPLAY = RepairPage(
    title="Replay",
    meaning="These take the way of a new event again, under the same ordering guard: one that is "
    "older than its row changes nothing. What is settled leaves the dead letters.",
    work=replay,
    groups=plan,
)
DISCARD = RepairPage(
    title="Discard",
    meaning="These are dropped for good. What they say is lost to the rows.",
    work=discard,
    groups=lambda letters: counted(letters, "room", "consumer", "receiver", "event_type"),
    needs_reason=True,
)
RETRY = RepairPage(
    title="Retry now",
    meaning="These are made due: a worker of their room retries them at its next look.",
    work=retry,
    groups=lambda parked: counted(parked, "room", "consumer", "event_type"),
)
BURY = RepairPage(
    title="Bury",
    meaning="These become dead letters, and are retried no more until they are replayed.",
    work=bury,
    groups=lambda parked: counted(parked, "room", "consumer", "event_type"),
    needs_reason=True,
)


class _ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
        help_text="Why, for those who ask later. Kept with your name.",
    )


def payload_page(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, object_id: str
) -> HttpResponse:
    """Show what a stored message holds to who may see it, and log the look."""
    stored: StoredMessage | None = row_of(model_admin.model._default_manager.all(), object_id)
    if stored is None:
        raise Http404
    may_view = model_admin.has_view_permission(request, stored)
    if not (may_view and may(request, "view_payload")):
        raise PermissionDenied
    try:
        payload: Any = look_into(stored, actor=_name_of(request))
    except EventSyncError as error:
        payload = {"problem": str(error)}
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "What it holds",
        "opts": model_admin.opts,
        "stored": stored,
        "payload": json.dumps(payload, indent=2, default=str, ensure_ascii=False),
    }
    return TemplateResponse(request, "event_sync/payload.html", context)


def may(request: HttpRequest, permission: str) -> bool:
    """Return whether the user has this permission of ours."""
    return request.user.has_perm(f"event_sync.{permission}")


def _name_of(request: HttpRequest) -> str:
    return request.user.get_username()
