"""The dashboard: each room's status in numbers that lead to their rows, and its past in plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst

from shared import registry
from shared.dashboard.consumers import ConsumerView, consumer_views
from shared.dashboard.numbers import Figure, figures_of, worker_rows
from shared.dashboard.plots import lag_plot, latency_plot, rate_plot
from shared.dashboard.rows import Rows
from shared.dashboard.scales import duration
from shared.dashboard.series import Span, Step, outcomes_of, steps_of
from shared.diagnosis import problems
from shared.status import RoomStatus, statuses

REFRESH_AFTER = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """A plot with its heading; ``svg`` is empty if there is nothing to draw."""

    name: str
    svg: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomView:
    """What the page says of a room."""

    status: RoomStatus
    problems: list[str]
    figures: list[Figure]
    plots: list[Plot]
    table: list[tuple[datetime, tuple[str, ...]]]
    workers: list[tuple[Any, ...]]
    consumers: list[ConsumerView]


def dashboard_page(model_admin: admin.ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    """Show how the rooms are to who may see it."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        span = Span[request.GET.get("span", "hour").upper()]
        refreshes = {"": False, "on": True}[request.GET.get("refresh", "")]
    except KeyError as error:
        known = "span is hour or day, refresh is on or left out"
        return HttpResponseBadRequest(
            f"The page knows no {error.args[0]!r}: {known}.", content_type="text/plain"
        )
    request.current_app = model_admin.admin_site.name
    now = timezone.now()
    rows = Rows(model_admin.admin_site, request)
    rooms = statuses(registry.rooms(), now=now)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": capfirst(model_admin.opts.verbose_name_plural),
        "opts": model_admin.opts,
        "is_nav_sidebar_enabled": False,  # three plots side by side need its place
        "now": now,
        "span": span,
        "spans": list(Span),
        "refresh_after": REFRESH_AFTER if refreshes else None,
        "rooms": [_room_view(status, span, rows, now) for status in rooms],
    }
    return TemplateResponse(request, "event_sync/dashboard.html", context)


def _room_view(status: RoomStatus, span: Span, rows: Rows, now: datetime) -> RoomView:
    steps = steps_of(status.room, span, now=now)
    outcomes = outcomes_of(status.room, span, now=now)
    return RoomView(
        status=status,
        problems=list(problems(status, now=now)),
        figures=list(figures_of(status, rows, now)),
        plots=list(_plots(status.room, steps, span)),
        table=[(step.start, _texts(step)) for step in reversed(steps)],
        workers=list(worker_rows(status, rows)),
        consumers=list(consumer_views(status, steps, outcomes, span, rows, now)),
    )


def _plots(room: str, steps: Sequence[Step], span: Span) -> Iterator[Plot]:
    for name, draw, lines in (
        ("Lag, messages", lag_plot, ()),
        ("Rate, messages per second", rate_plot, ()),
        ("Latency", latency_plot, ("p50", "p99")),
    ):
        label = f"{name} of {room} over the {span.text}; the numbers are in the table below."
        yield Plot(name=name, svg=draw(steps, label), lines=lines)


def _texts(step: Step) -> tuple[str, ...]:
    unknown = "-"
    return (
        unknown if step.lag is None else f"{step.lag:,}",
        unknown if step.rate is None else f"{step.rate:,.1f}",
        unknown if step.p50 is None else duration(step.p50),
        unknown if step.p99 is None else duration(step.p99),
    )
