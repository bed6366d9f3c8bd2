"""What the page says of a consumer: how its events ended, and what it has parked and buried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from shared.dashboard.numbers import Figure, depth_figure
from shared.dashboard.plots import outcome_plot
from shared.dashboard.rows import Rows
from shared.dashboard.series import Outcomes, Span, Step
from shared.models import OutcomeCount
from shared.status import DAY, HOUR, ConsumerStatus, RoomStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeRow:
    """How many events ended so in the last hour and in the last day."""

    outcome: str
    hour: SafeString | str
    day: SafeString | str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerView:
    """A consumer's numbers, plot and the plot's numbers."""

    name: str
    figures: tuple[Figure, Figure]
    outcomes: list[OutcomeRow]
    svg: SafeString
    columns: list[str]
    table: list[tuple[datetime, list[str]]]


def consumer_views(
    status: RoomStatus,
    steps: Sequence[Step],
    outcomes: Mapping[str, Outcomes],
    span: Span,
    rows: Rows,
    now: datetime,
) -> Iterator[ConsumerView]:
    """Yield a room's consumers; without a name what failed before any saw it."""
    for each in status.consumers:
        by_step = outcomes.get(each.consumer, [{} for _ in steps])
        columns = [n for n in OutcomeCount.OUTCOMES if any(counts.get(n) for counts in by_step)]
        past = list(zip(steps, by_step, strict=True))
        place = {"room": status.room, "consumer": each.consumer}
        name = each.consumer or "No consumer"
        label = (
            f"How events of {each.consumer or status.room} ended over the {span.text};"
            " the numbers are in the table below."
        )
        yield ConsumerView(
            name=name,
            figures=(
                depth_figure("Parked", [each.parked], rows, **place),
                depth_figure("Dead", [each.dead], rows, **place),
            ),
            outcomes=list(_outcome_rows(each, place, rows, now)),
            svg=outcome_plot(steps, by_step, label),
            columns=columns,
            table=[
                (step.start, [f"{counts.get(n, 0):,}" for n in columns])
                for step, counts in reversed(past)
                if any(counts.values())
            ],
        )


def _outcome_rows(
    each: ConsumerStatus, place: Mapping[str, str], rows: Rows, now: datetime
) -> Iterator[OutcomeRow]:
    for outcome in OutcomeCount.OUTCOMES:
        yield OutcomeRow(
            outcome=outcome,
            hour=_count(each.in_last_hour(outcome), outcome, place, rows, now - HOUR),
            day=_count(each.in_last_day(outcome), outcome, place, rows, now - DAY),
        )


def _count(
    count: int, outcome: str, place: Mapping[str, str], rows: Rows, since: datetime
) -> SafeString | str:
    if not count:
        return "0"
    return rows.link(f"{count:,}", OutcomeCount, **place, minute__gte=since)
