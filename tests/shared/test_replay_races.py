"""Two who repair at once, and a worker beside them: nothing is done twice, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from threading import Barrier
from typing import Any

from django.utils import timezone

from shared.direct import decode_stored
from shared.messages import Event, Message
from shared.models import DeadLetter, OutcomeCount, Repair
from shared.repairs import By, discard
from shared.replay import replay
from tests.library import DIRECT, book, settled, shelf
from tests.processes import PATIENCE
from tests.testapp.models import Book
from tests.threads import before

ME, YOU = By("ada", "mended"), By("eve", "mended")
SIZE = 30


def bury(library: Any) -> None:
    """Let a shelf be there, and dead books that could be written by now."""
    settled(library, shelf())
    for number in range(SIZE):
        event = book(str(number), **DIRECT)
        DeadLetter.objects.create(
            room=library.name,
            consumer="books",
            event_type=event.metadata.event_type,
            error="once",
            buried_at=timezone.now(),
            **DeadLetter.columns_of(event.message),
        )
    OutcomeCount.objects.create(
        worker="w", room=library.name, consumer="books", minute=timezone.now(), dead=SIZE
    )


def test_two_replays_at_once(library, threads, settings):
    """Each letter is replayed by one of them, counted once and recorded once."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "BATCH_SIZE": 5}
    together, results = Barrier(2, timeout=PATIENCE), Counter[str]()

    def run(by: By) -> None:
        together.wait()
        results.update(each.result for each in replay(DeadLetter.objects.all(), by))

    def look() -> None:
        # What one of them found in the other's hands is theirs by now.
        assert not DeadLetter.objects.exists()
        assert Book.objects.count() == Repair.objects.count() == SIZE
        counts = OutcomeCount.objects.values_list("applied", "dead")
        assert (sum(a for a, _ in counts), sum(d for _, d in counts)) == (SIZE + 1, 0)

    threads.run(lambda: bury(library))
    threads.run(lambda: run(ME), lambda: run(YOU))
    threads.run(look)
    assert results["applied"] == SIZE
    assert set(results) <= {"applied", "busy"}


def test_what_another_holds_is_left_to_them(library, threads, two_can_write):
    """It isn't waited for: it is said to be in somebody's hands, and that isn't good."""
    seen: list[Any] = []

    def discard_amid() -> None:
        seen.extend(discard(DeadLetter.objects.all(), YOU))

    def run() -> None:
        with before('INSERT INTO ["`]event_sync_repair', lambda: threads.run(discard_amid)):
            assert {each.result for each in replay(DeadLetter.objects.all(), ME)} == {"applied"}

    threads.run(lambda: bury(library))
    threads.run(run)
    assert [(each.result, each.is_good) for each in seen] == [("busy", False)] * SIZE
    threads.run(lambda: _assert_gone())


def _assert_gone() -> None:
    assert not DeadLetter.objects.exists()
    assert set(Repair.objects.values_list("action", flat=True)) == {"replay"}


def test_letter_that_is_gone_when_its_turn_comes(library, threads, monkeypatch):
    """Somebody dropped it after it was read: it isn't replayed."""
    seen: list[Any] = []

    def discard_once(message: Message) -> Event:
        threads.run(lambda: list(discard(DeadLetter.objects.all(), YOU)))
        monkeypatch.undo()
        return decode_stored(message)

    def look() -> None:
        assert not Book.objects.exists()
        assert set(Repair.objects.values_list("action", flat=True)) == {"discard"}

    threads.run(lambda: bury(library))
    monkeypatch.setattr("shared.stored_events.decode_stored", discard_once)
    threads.run(lambda: seen.extend(replay(DeadLetter.objects.all(), ME)))
    threads.run(look)
    assert seen == []
