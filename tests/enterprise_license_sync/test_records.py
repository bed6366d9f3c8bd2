"""The table of states is whole, and the docs have the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enterprise_license_sync.consumers import LICENSED_ENROLLMENTS, LICENSES, SUBSCRIPTION_PLANS
from enterprise_license_sync.records import (
    HELD,
    LICENSE_STEPS,
    PLAN_STEPS,
    LicenseStatus,
    PlanStatus,
)
from shared.events.enterprise import signals
from tests.processes import ROOT

DOCUMENT = Path(ROOT, "docs", "reference", "licenses_room.md").read_text()
DELETED_BY = {signals.SUBSCRIPTION_PLAN_DELETED, signals.LICENSE_DELETED}


def table(heading: str) -> list[list[str]]:
    """Return the cells of the one table below a heading of the room's document, by row."""
    section = DOCUMENT.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def words(cell: str) -> set[str]:
    """Return the code words of a cell."""
    return set(re.findall(r"`(\w+)`", cell))


@pytest.mark.parametrize(
    ("statuses", "steps"), [(PlanStatus, PLAN_STEPS), (LicenseStatus, LICENSE_STEPS)]
)
def test_every_status_is_covered(statuses, steps):
    """Each may follow some other, and none itself: that is no step."""
    assert set(steps) == set(statuses)
    assert all(before and status not in before for status, before in steps.items())


@pytest.mark.parametrize("steps", [PLAN_STEPS, LICENSE_STEPS])
def test_nothing_is_expected_to_follow_a_deletion(steps):
    """Whatever does is flagged."""
    assert not any("deleted" in before for before in steps.values())


def test_steps_are_found_by_plain_text():
    """A row that was read has a text for its status, not a member."""
    assert "assigned" in LICENSE_STEPS["activated"]
    assert "activated" in HELD


@pytest.mark.parametrize(
    ("heading", "steps"), [("Steps of a plan", PLAN_STEPS), ("Steps of a license", LICENSE_STEPS)]
)
def test_docs_have_the_table_of_steps(heading, steps):
    """Status by status."""
    documented = {status.strip("`"): words(before) for status, before, *_ in table(heading)}
    assert documented == {status: set(before) for status, before in steps.items()}


def test_docs_say_what_each_event_leads_to():
    """Every event, with the statuses that a row can have after it."""
    expected: dict[str, set[str]] = {}
    for consumer, steps in ((SUBSCRIPTION_PLANS, PLAN_STEPS), (LICENSES, LICENSE_STEPS)):
        for route in consumer.routes:
            is_deletion = route.signal in DELETED_BY
            leads_to = {s for s in steps if (s == "deleted") is is_deletion}
            expected[route.signal.event_type] = leads_to
    expected |= {route.signal.event_type: set() for route in LICENSED_ENROLLMENTS.routes}
    documented = {
        getattr(signals, words(event).pop()).event_type: words(leads_to)
        for event, leads_to, *_ in table("What each event leads to")
    }
    assert documented == expected
