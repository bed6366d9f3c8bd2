"""The demo's stream of plans and licenses has what the room alone has, and its model is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from enterprise_license_sync import demo
from enterprise_license_sync.demo import make_stream
from enterprise_license_sync.demo.author import Author
from shared.demo.part import AnyOf, Part
from shared.demo.stream import Planned, Run, StockEvent
from shared.events.enterprise import signals
from shared.outcomes import Outcome
from tests.shared.demo.samples import RUN, STARTED, at, only_row

PART: Part = demo
"""That the module is a part is for mypy to find."""

PARENTS = {"license": "subscription_plan", "licensed_enrollment": "license"}


@pytest.fixture
def author():
    """Write single events."""
    return Author(RUN)


@pytest.fixture
def license_(author):
    """A license that was told of."""
    author.new_plan()
    return author.new_license()


def told(stream: list[Planned]) -> Iterator[tuple[Planned, str, Any]]:
    """Yield the planned events about rows, with what each is about and what it says."""
    for planned in stream:
        if isinstance(planned.message, StockEvent) and planned.kind.ends_as in (
            None,
            Outcome.PARKED,
        ):
            ((name, data),) = planned.message.data.items()
            yield planned, name, data


def parent_of(name: str, data: Any) -> Any:
    """Return the UUID of the parent, if there is one."""
    parent = PARENTS.get(name)
    return getattr(data, f"{'plan' if parent == 'subscription_plan' else parent}_uuid", None)


def uuid_of(name: str, data: Any) -> Any:
    """Return the UUID of a plan or a license."""
    return data.plan_uuid if name == "subscription_plan" else data.license_uuid


@pytest.mark.parametrize("events", [*range(1, 60), 1000])
def test_every_orphan_has_a_parent_to_come_but_those_that_shall_have_none(events):
    """However short the stream, each waits for something that is in it, or is planned to wait."""
    stream = [*told(make_stream(Run(events=events, seed=events, started=STARTED)))]
    there = {
        uuid_of(name, data)
        for planned, name, data in stream
        if name != "licensed_enrollment" and planned.kind.ends_as is None
    }
    for planned, name, data in stream:
        if name in PARENTS:
            waits_for_ever = parent_of(name, data) not in there
            assert waits_for_ever == (planned.kind.ends_as is Outcome.PARKED)


def test_whole_families_come_children_first():
    """The enrollment, then its license, then their plan."""
    first_seen: dict[Any, int] = {}
    stream = [*told(make_stream(Run(events=1000, seed=1, started=STARTED)))]
    for place, (_, name, data) in enumerate(stream):
        if name != "licensed_enrollment":
            first_seen.setdefault(uuid_of(name, data), place)
    families = [
        (place, first_seen[data.license_uuid], first_seen[data.plan_uuid])
        for place, (planned, _, data) in enumerate(stream)
        if planned.kind.name == "enrollment before its license"
    ]
    assert len(families) == 20
    assert all(family == tuple(sorted(family)) for family in families)


def test_unlikely_steps_are_taken():
    """Some licenses are assigned after they were revoked."""
    statuses: dict[Any, str] = {}
    steps = set()
    for planned, name, data in told(make_stream(Run(events=3000, seed=1, started=STARTED))):
        if name == "license" and planned.kind.name not in ("late", "out of order"):
            steps.add((statuses.get(data.license_uuid), data.status))
            statuses[data.license_uuid] = data.status
    assert ("revoked", "assigned") in steps


def test_the_newest_event_wins_in_whatever_order(license_):
    """By its own time, whatever step it takes."""
    revoked, assigned = at(license_, 1, status="revoked"), at(license_, 2, status="assigned")
    assert only_row(PART, revoked, assigned) == only_row(PART, assigned, revoked)
    assert only_row(PART, revoked, assigned)["status"] == "assigned"


def test_deleted_is_what_the_event_s_name_says(author, license_):
    """A later event of another name brings the row back, an earlier one doesn't."""
    deleted = at(author.license(signals.LICENSE_DELETED), 2)
    assert only_row(PART, at(license_, 1), deleted)["status"] == "deleted"
    assert only_row(PART, deleted, at(license_, 3))["status"] == "unassigned"


@pytest.mark.parametrize(
    ("status", "email"),
    [
        ("assigned", "learner-1@example.com"),
        ("activated", "learner-1@example.com"),
        ("unassigned", ""),
        ("revoked", ""),
    ],
)
def test_an_email_is_kept_while_the_license_is_to_be_used(license_, status, email):
    """In lower case."""
    event = at(license_, 1, status=status, user_email="Learner-1@Example.com")
    assert only_row(PART, event)["user_email"] == email


def test_a_late_email_is_older_than_the_retirement(author, license_):
    """And so the row never has it."""
    author.step("unassigned", "activated")
    retired = author.step("activated", "unassigned")
    late = author.late_email()
    assert late.data["license"].user_email
    assert late.metadata.time < retired.metadata.time
    assert only_row(PART, retired, late)["user_email"] == ""


def test_the_status_before_may_be_any_that_was_told_but_the_row_s(license_):
    """Or none, if the newest event came first."""
    events = [
        at(license_, second, status=status)
        for second, status in enumerate(["assigned", "revoked", "assigned"])
    ]
    assert only_row(PART, *events)["previous_status"] == AnyOf(frozenset({"", "revoked"}))
    assert only_row(PART, events[0])["previous_status"] == AnyOf(frozenset({""}))


def test_a_plan_is_active_as_its_event_says(author):
    """Deleted, if its name says so."""
    plan = author.new_plan()
    assert only_row(PART, at(plan, 1, is_active=False))["status"] == "inactive"
    assert only_row(PART, at(plan, 1, is_active=True))["status"] == "active"
    assert only_row(PART, author.plan(signals.SUBSCRIPTION_PLAN_DELETED))["status"] == "deleted"
