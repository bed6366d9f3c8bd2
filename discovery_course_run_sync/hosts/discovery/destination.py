"""Writes course runs to Course Discovery's own tables, as its ``refresh_course_metadata`` does.

Draft and official rows follow an event together, each by its own ``save()``. Nothing is mailed,
unpublished or deleted, and no course run pushed to a marketing site. Where it differs from the
loader, and why, is in the docs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discovery_course_run_sync.hosts.discovery.creation import create
from discovery_course_run_sync.hosts.discovery.host import DISCOVERY, course_runs
from discovery_course_run_sync.hosts.discovery.updates import update
from discovery_course_run_sync.hosts.discovery.values import held_by
from discovery_course_run_sync.records import CourseRunRecord
from shared.applied import apply_in_order
from shared.exceptions import ConfigurationError, PoisonError
from shared.hosts import HostDestination
from shared.outcomes import MissingParent, Outcome, WriteResult
from shared.records import PositionedRecord

CONSUMER = "course-runs"
CREATE, PARK = "create", "park"


@dataclass(frozen=True, kw_only=True)
class Options:
    """``partner`` is the short code of the partner whose Studio sends the events.

    ``unknown_runs`` says what becomes of an event whose run Discovery doesn't have: "create" makes
    the run as the loader does, "park" lets the event wait until another path has made it.
    """

    partner: str
    unknown_runs: str = CREATE

    def __post_init__(self) -> None:
        if not isinstance(self.partner, str) or not self.partner:
            raise ConfigurationError(
                f"PARTNER of {CONSUMER} is no short code.",
                hint="Give a partner's short code, as Discovery's admin shows it.",
            )
        if self.unknown_runs not in (CREATE, PARK):
            raise ConfigurationError(
                f"UNKNOWN_RUNS of {CONSUMER} is {self.unknown_runs!r}.",
                hint=f"Use {CREATE!r} or {PARK!r}.",
            )


def write(
    records: Sequence[PositionedRecord[CourseRunRecord]], options: Options
) -> list[WriteResult]:
    """Let the rows of each course run follow its events; newer ones win."""
    partner = _partner(options.partner)
    return apply_in_order(CONSUMER, records, lambda item: _apply(item, partner, options))


def read(records: Sequence[CourseRunRecord], options: Options) -> list[Mapping[str, Any] | None]:
    """Return what Discovery holds: of a draft and an official row one that differs, if any does."""
    return [_held(record) for record in records]


COURSE_RUNS = HostDestination(
    consumer=CONSUMER,
    host=DISCOVERY,
    options=Options,
    write=write,
    read=read,
    one_by_one=True,
)


def _partner(short_code: str) -> Any:
    partners: Any = DISCOVERY.model("core.Partner")
    partner = partners.objects.filter(short_code=short_code).first()
    if partner is None:
        raise ConfigurationError(
            f"Discovery has no partner whose short code is {short_code!r}.",
            hint=f"Correct PARTNER of {CONSUMER}, or make the partner in Discovery's admin.",
        )
    return partner


def _apply(item: PositionedRecord[CourseRunRecord], partner: Any, options: Options) -> WriteResult:
    rows = list(_rows(item.record).select_for_update())
    if rows:
        _refuse_others(rows, partner)
        return Outcome.UNCHANGED if item.creates_only else update(rows, item.record, partner)
    if options.unknown_runs == CREATE:
        create(item.record, partner, is_published=not item.creates_only)
        return Outcome.APPLIED
    # An event that says no more than that there is a run has nothing to tell once there is one.
    return Outcome.FILTERED if item.creates_only else MissingParent(CONSUMER, item.record.key)


def _rows(record: CourseRunRecord) -> Any:
    """Return the run's rows, draft first: the order in which Publisher saves them, too."""
    return course_runs().everything.filter(key__iexact=record.course_key).order_by("-draft", "pk")


def _refuse_others(rows: Sequence[Any], partner: Any) -> None:
    if any(row.course.partner_id != partner.pk for row in rows):
        raise PoisonError("Discovery has this course run under another partner.")
    if len({row.draft for row in rows}) < len(rows):
        raise PoisonError("Discovery has several course runs whose keys differ in case only.")


def _held(record: CourseRunRecord) -> Mapping[str, Any] | None:
    held = [held_by(row, record) for row in _rows(record)]
    differing = [each for each in held if any(getattr(record, n) != v for n, v in each.items())]
    return next(iter(differing or held), None)
