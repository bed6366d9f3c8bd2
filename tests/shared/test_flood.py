"""Many dead letters stop the worker before they are committed."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.utils import timezone

from shared.batches import Batch, Ending
from shared.exceptions import DeadLetterFlood
from shared.flood import FloodBreaker
from shared.models import DeadLetter, OutcomeCount
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.setting_values import FLOOD_WINDOW as WINDOW
from tests.library import book, shelf

MESSAGE = shelf().message


def endings(text: str) -> list[Ending]:
    """Return endings: ``d`` for dead, ``i`` for ignored, anything else for applied."""
    named = {"d": Outcome.DEAD, "i": Outcome.IGNORED}
    return [
        Ending(index=index, message=MESSAGE, outcome=named.get(letter, Outcome.APPLIED))
        for index, letter in enumerate(text)
    ]


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "FLOOD_RUN": 5, "FLOOD_RATIO": 0.2}


def test_run_below_the_limit_passes():
    """Four in a row are four broken events."""
    FloodBreaker().inspect(endings("dddd.dddd"))


def test_run_goes_on_over_starts():
    """What was buried before counts, and is asked for when an event dies, once."""
    asked = []

    def history():
        asked.append(True)
        return [False, True, True, True]

    breaker = FloodBreaker(history)
    breaker.inspect(endings("..."))
    assert not asked
    for _ in range(2):
        with pytest.raises(DeadLetterFlood):
            breaker.inspect(endings("dd"))
    assert len(asked) == 1


def test_history_that_could_not_be_read_is_asked_for_again():
    """The batch that met a failing database comes again, and the flood goes on where it was."""

    def history():
        if errors:
            raise errors.pop()
        yield from [True] * 4

    errors = [OperationalError()]
    breaker = FloodBreaker(history)
    with pytest.raises(OperationalError):
        breaker.inspect(endings("d"))
    with pytest.raises(DeadLetterFlood):
        breaker.inspect(endings("d"))


def test_history_comes_before_what_was_recorded():
    """An event of ours that was settled shows that the deploy isn't broken altogether."""
    breaker = FloodBreaker(lambda: [True] * 4)
    breaker.record(endings("."))
    breaker.inspect(endings("dddd"))


def test_share_counts_over_starts():
    """A window that earlier workers have filled is full."""
    breaker = FloodBreaker(lambda: [False, False, False, False, True] * 200)
    with pytest.raises(DeadLetterFlood, match="201 of the last 1000 events"):
        breaker.inspect(endings("d"))


@pytest.mark.parametrize("text", ["ddddd", ".ddddd...", "....ddddd"])
def test_run_at_the_limit_stops(text):
    """Five in a row are a broken deploy, wherever in the batch."""
    with pytest.raises(DeadLetterFlood, match="5 events in a row") as raised:
        FloodBreaker().inspect(endings(text))
    assert "FLOOD_RUN" in raised.value.hint


def test_run_goes_on_over_recorded_batches():
    """Small batches don't hide a run."""
    breaker = FloodBreaker()
    breaker.record(endings("ddd"))
    with pytest.raises(DeadLetterFlood):
        breaker.inspect(endings("dd"))


def test_endings_that_were_not_recorded_do_not_count():
    """A batch that was rolled back and tried again is one batch."""
    breaker = FloodBreaker()
    for _ in range(3):
        breaker.inspect(endings("ddd"))


def test_ignored_events_neither_count_nor_break_a_run():
    """They say nothing about the deploy."""
    breaker = FloodBreaker()
    with pytest.raises(DeadLetterFlood):
        breaker.inspect(endings("ddiddiiid"))
    breaker.record(endings("i" * WINDOW))
    breaker.inspect(endings("dddd"))


def test_other_outcome_breaks_a_run():
    """One event that can be settled shows that the deploy isn't broken altogether."""
    breaker = FloodBreaker()
    breaker.record(endings("dddd"))
    breaker.inspect(endings(".dddd"))


def test_share_is_judged_over_a_full_window():
    """With few events seen a share says little."""
    FloodBreaker().inspect(endings("d." * 400))


@pytest.mark.parametrize(("dead", "stops"), [(200, False), (201, True)])
def test_share_above_the_limit_stops(dead, stops):
    """A fifth of the window is allowed here, one more isn't."""
    breaker = FloodBreaker()
    text = "d...." * dead
    breaker.record(endings("." * (WINDOW - 1)))
    if stops:
        with pytest.raises(DeadLetterFlood, match="201 of the last 1000 events") as raised:
            breaker.inspect(endings(("d..." * dead)[:WINDOW]))
        assert "FLOOD_RATIO" in raised.value.hint
    else:
        breaker.inspect(endings(text[:WINDOW]))


def test_old_endings_leave_the_window():
    """Only the last thousand events count."""
    breaker = FloodBreaker()
    breaker.record(endings("d.." * 1000))
    breaker.record(endings("." * WINDOW))
    breaker.inspect(endings("dddd"))


@pytest.mark.django_db
def test_flood_commits_nothing(library):
    """The batch that would be the flood leaves no dead letter and no count."""
    events = (shelf(), *(book(str(number), price=-1) for number in range(5)))
    batch = Batch(room=library, group="g", worker="w", arrivals=events)
    with pytest.raises(DeadLetterFlood):
        settle(batch, now=timezone.now(), inspect=FloodBreaker().inspect)
    assert not DeadLetter.objects.exists()
    assert not OutcomeCount.objects.exists()
