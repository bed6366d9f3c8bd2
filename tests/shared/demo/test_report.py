"""What a person gets to see is what the JSON says."""

from __future__ import annotations

from collections import Counter

from rich.console import Console

from shared.demo.report import show_addresses, show_results
from shared.demo.results import Results
from shared.outcomes import Outcome
from tests.shared.demo.samples import KEYS, result

ROOMS = ("credentials_grades_sync", "discovery_course_run_sync", "enterprise_license_sync")


def shown(show, *values, width=100):
    """Return what is printed on a terminal."""
    console = Console(width=width)
    with console.capture() as captured:
        show(console, *values)
    return captured.get()


def test_the_table_has_a_column_for_each_room_and_one_for_all():
    """Three rooms find room on a narrow terminal, and neither numbers nor meanings are broken."""
    results = Results(dict.fromkeys(ROOMS, result(produced=1000)))
    text = shown(show_results, results, width=80)
    assert "…" not in text
    assert [cell.strip() for cell in _line(text, "produced").split("│")[1:-1]] == [
        *("produced", "1,000", "1,000", "1,000", "3,000", "published"),
    ]


def test_the_table_shows_every_number_of_the_json():
    """Those of outcomes that didn't happen too, and latencies of which there are none."""
    text = shown(show_results, Results({"library": result(latencies=[])}))
    assert all(_line(text, key) for key in KEYS)
    assert _line(text, "p99_ms").split("│")[2].strip() == "-"
    assert "all equal" in text


def test_adopted_orphans_are_told():
    """Those that still wait are not among them."""
    waiting = result(parked=5, outcomes=Counter({Outcome.PARKED: 2}))
    text = shown(show_results, Results({"library": waiting, "archive": result()}))
    assert "3 events were parked until their parents came" in text
    assert "parents came" not in shown(show_results, Results({"archive": result()}))


def test_with_problems_nothing_is_said_to_be_equal():
    """They are told one by one elsewhere."""
    results = Results({"library": result(problems=["a", "b"])})
    assert "equal" not in shown(show_results, results)


def test_addresses_can_be_copied():
    """A line each, however narrow the terminal."""
    address = "broker.example.com:9092," * 10
    text = shown(show_addresses, {"SERVERS": address}, width=80)
    assert f"export SERVERS={address}\n" in text


def test_every_outcome_has_a_meaning():
    """The last cell of its line."""
    text = shown(show_results, Results({"library": result()}))
    assert all(_line(text, outcome).split("│")[-2].strip() for outcome in Outcome)


def _line(text, name):
    return next(line for line in text.splitlines() if line.startswith(f"│ {name} "))
