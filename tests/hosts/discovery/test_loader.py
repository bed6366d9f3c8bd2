"""The room and Discovery's loader side by side, as during a cut-over and on the way back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from django.utils.module_loading import import_string

from discovery_course_run_sync.hosts.discovery.host import LOADER
from shared.outcomes import Outcome
from tests.hosts.discovery.events import SAYS, SCHEDULE, created, published
from tests.hosts.discovery.rows import KEY, make_course, make_runs, model, runs, said, seen

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE


@pytest.fixture
def load(partner) -> Callable[..., None]:
    """Let Discovery's own loader write what the LMS says of the run."""

    def load(**says: Any) -> None:
        dates = {name: value and str(value) for name, value in SCHEDULE.items() if name != "pacing"}
        # What events don't know is as the row has it.
        known = {"license": "all-rights-reserved", "mobile_available": False}
        known |= {"short_description": None, "media": {}}
        body = {"id": KEY, "name": "Tests", "hidden": False, "pacing": "instructor"}
        loader = import_string(LOADER)(partner, enable_api=False)
        loader.process_single_course_run(body | dates | known | says)

    return load


def rows() -> list[Any]:
    """Return all that the rows of runs say, with how long their histories are."""
    return [(seen(run), run.history.count()) for run in runs()]


def test_event_after_the_loader_saves_nothing(partner, send, load):
    """It says what the loader has written already."""
    pair = make_runs(partner)
    load()
    before = rows()
    assert send(published(1)) == [UNCHANGED]
    assert rows() == before
    assert {said(run)["title_override"] for run in pair} == {"Tests"}


@pytest.mark.parametrize("name", ["Tests", " Tests ", ""])
def test_loader_after_the_event_saves_nothing(partner, send, load, name):
    """Each value is as the loader has it: the two don't write a row in turn."""
    make_runs(partner)
    assert send(published(1, name=name)) == [APPLIED]
    before = rows()
    load(name=name)
    assert rows() == before


@pytest.mark.parametrize("has_publisher", [True, False])
def test_unknown_run_is_the_same_whoever_makes_it(partner, send, load, has_publisher):
    """And is made once, in whatever order they come to it."""
    if not has_publisher:
        partner.publisher_url = None
        partner.save()
    ends = []
    for order in permutations([lambda: send(published(1)), lambda: send(created(2)), load]):
        model("CourseRun").everything.all().delete()
        model("Course").everything.all().delete()
        forget()
        for act in order:
            act()
        [run] = runs()
        course = run.course
        ends.append([said(run), course.key, course.title, course.type.slug, run.type.slug])
        assert course.canonical_course_run == run
    status = "unpublished" if has_publisher else "published"
    wanted = [SAYS | {"status": status}, "edX+Tests", "Tests", "empty", "empty"]
    assert ends == [wanted] * 6


def forget() -> None:
    """Let no event have been followed."""
    from shared.models import AppliedEvent

    AppliedEvent.objects.all().delete()


def test_old_event_brings_nothing_back(partner, send, load):
    """What the loader wrote while the worker was away outlives what is delivered again."""
    pair = make_runs(partner)
    assert send(published(1), published(2, name="Second")) == [APPLIED, APPLIED]
    load(name="Third")
    assert send(published(1), published(2, name="Second")) == [STALE, UNCHANGED]
    assert [said(run)["title_override"] for run in pair] == ["Third"] * 2
    assert send(published(3, name="Third")) == [UNCHANGED]


def test_stale_answer_of_the_lms_is_healed(partner, send, load):
    """By the run's next event; or by the loader's next run."""
    pair = make_runs(partner)
    send(published(1, name="Newer"))
    load(name="Older")
    assert send(published(2, name="Newer")) == [APPLIED]
    load(name="Older")
    load(name="Newer")
    assert [said(run)["title_override"] for run in pair] == ["Newer"] * 2


def test_waiting_event_is_applied_after_the_loader(partner, send, retry, load, configure):
    """Where unknown runs are the loader's, its run is what the event waits for."""
    configure(PARTNER="edx", UNKNOWN_RUNS="park")
    make_course(partner)
    assert send(published(1, hidden=True)) == [Outcome.PARKED]
    load()
    assert retry() == [APPLIED]
    [run] = runs()
    assert said(run)["hidden"] is True
