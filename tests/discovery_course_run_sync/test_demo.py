"""The demo's course stream has what the room alone has, and its model is right."""

from __future__ import annotations

import pytest

from discovery_course_run_sync import demo
from discovery_course_run_sync.demo.author import Author
from shared.demo.part import Part
from tests.shared.demo.samples import RUN, at, only_row

PART: Part = demo
"""That the module is a part is for mypy to find."""


@pytest.fixture
def author():
    """Write single events."""
    return Author(RUN)


def test_a_run_that_was_only_created_says_its_key(author):
    """And nothing else."""
    row = only_row(PART, author.created())
    assert row["course_key"] == f"course-v1:DemoX+Algebra-0+{author.run.name}"
    assert (row["org"], row["number"], row["run"]) == ("DemoX", "Algebra-0", author.run.name)
    assert (row["title"], row["pacing_type"], row["published_at"]) == ("", "", None)


@pytest.mark.parametrize("second", [1, 3])
def test_a_publication_wins_over_a_creation_whatever_their_times(author, second):
    """The creation is stamped when it is sent, and blanks nothing."""
    publication = at(author.first_publication(), 2, name="Algebra")
    creation = at(author.created_late(), second)
    assert only_row(PART, publication, creation) == only_row(PART, creation, publication)
    assert only_row(PART, publication, creation)["title"] == "Algebra"


def test_of_two_publications_of_one_time_the_later_offset_wins(author):
    """They are in one partition."""
    event = author.first_publication()
    one, other = at(event, 1, name="Algebra"), at(event, 1, name="Botany")
    assert only_row(PART, one, other)["title"] == "Botany"
    assert only_row(PART, other, one)["title"] == "Algebra"


def test_emptied_dates_are_empty(author):
    """Those that are optional."""
    author.first_publication()
    row = only_row(PART, author.emptied_dates())
    assert [row[name] for name in ("end", "enrollment_start", "enrollment_end")] == [None] * 3
    assert row["start"]


def test_keys_in_other_case_are_one_row_s(author):
    """Which is spelled as the newest publication has it."""
    first, second = author.first_publication(), author.key_in_other_case()
    key = str(second.data["catalog_info"].course_key)
    assert key != str(first.data["catalog_info"].course_key)
    assert only_row(PART, second, first)["course_key"] == key


def test_odd_pacings_are_told_and_understood(author):
    """In Discovery's words."""
    author.first_publication()
    told = [author.odd_pacing() for _ in range(20)]
    assert {event.data["catalog_info"].schedule_data.pacing for event in told} == {
        "instructor,",
        "Self-Paced",
    }
    assert {only_row(PART, event)["pacing_type"] for event in told} == {
        "instructor_paced",
        "self_paced",
    }
