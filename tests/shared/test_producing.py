"""A service keeps its own configuration, and publishes its own changes once they are committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from threading import Thread
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models.signals import post_save

from shared.outcomes import Outcome
from shared.producing import (
    add_producer_config,
    do_on_commit,
    harmless,
    publish_on_commit,
    silenced,
    unsilenced,
)
from shared.records import PositionedRecord
from shared.testing import deliver
from tests import library as events
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED, ShelfData
from tests.testapp.models import Shelf
from tests.testapp.room import ShelfRecord

pytestmark = pytest.mark.django_db

TIME = datetime(2026, 3, 4, 5, 6, 7, 891011, tzinfo=UTC)
SHELF = ShelfData(code="A", label="novels")

Commit = Callable[[], AbstractContextManager[Any]]


# ------------------------------------------------------------------ configuration

OURS = {
    "one.v1": {"topic": {"event_key_field": "one.key", "enabled": True}},
    "two.v1": {"topic": {"event_key_field": "two.key", "enabled": False}},
}


def configured(**before: Any) -> Any:
    """Return the producer configuration of a service after ours was added to what it had."""
    settings = ModuleType("settings")
    vars(settings).update(before)
    add_producer_config(settings, OURS)
    return settings.EVENT_BUS_PRODUCER_CONFIG


@pytest.mark.parametrize("before", [{}, {"EVENT_BUS_PRODUCER_CONFIG": {}}])
def test_service_without_configuration_gets_ours(before):
    """Whether or not the setting is there."""
    assert configured(**before) == OURS


def test_value_that_is_there_wins():
    """Value by value, and what is no business of ours stays."""
    theirs = {
        "one.v1": {"topic": {"enabled": False}, "elsewhere": {"enabled": True}},
        "three.v1": {"topic": {"event_key_field": "three.key", "enabled": True}},
    }
    assert configured(EVENT_BUS_PRODUCER_CONFIG=theirs) == {
        "one.v1": {
            "topic": {"event_key_field": "one.key", "enabled": False},
            "elsewhere": {"enabled": True},
        },
        "two.v1": OURS["two.v1"],
        "three.v1": theirs["three.v1"],
    }


def test_adding_it_twice_changes_nothing():
    """A development setup applies its plugins' settings on top of production's."""
    assert configured(EVENT_BUS_PRODUCER_CONFIG=configured()) == OURS


def test_our_configuration_is_not_written_to():
    """Another service's settings in the same process would meet the first one's values."""
    before = deepcopy(OURS)
    configured(EVENT_BUS_PRODUCER_CONFIG={"one.v1": {"topic": {"enabled": False}}})[
        "two.v1"
    ].clear()
    assert before == OURS


# ------------------------------------------------------------------ on commit


@pytest.fixture
def published() -> Iterator[list[dict[str, Any]]]:
    """The shelves that were published: the arguments that a receiver gets."""
    received: list[dict[str, Any]] = []

    def receive(**event: Any) -> None:
        received.append(event)

    SHELF_CHANGED.connect(receive)
    yield received
    SHELF_CHANGED.disconnect(receive)


@pytest.fixture
def commit(django_capture_on_commit_callbacks) -> Commit:
    """Run a block and then what it left to do on commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def publish(time: datetime | None = TIME) -> None:
    """Publish a shelf."""
    publish_on_commit(SHELF_CHANGED, time=time, shelf=SHELF)


def fail(*_arguments: object, **_named: object) -> None:
    """Fail with a secret in the message."""
    raise ValueError("hunter2")


def test_event_is_sent_after_the_commit(published, commit):
    """Not before: what others can't read yet isn't announced."""
    with commit():
        publish()
        assert published == []
    [event] = published
    assert (event["shelf"], event["metadata"].time) == (SHELF, TIME)
    assert event["from_event_bus"] is False


@pytest.mark.django_db(transaction=True)
def test_event_is_sent_at_once_outside_a_transaction(published):
    """What is written is committed already."""
    publish()
    assert len(published) == 1


def test_event_of_what_is_rolled_back_is_not_sent(published, commit):
    """It never happened."""
    with commit(), transaction.atomic():
        publish()
        transaction.set_rollback(True)
    assert published == []


def test_events_are_sent_in_their_order(published, commit):
    """The later one has the greater time, and on the bus the greater offset."""
    times = [TIME + timedelta(seconds=second) for second in range(3)]
    with commit():
        for time in times:
            publish(time)
    assert [event["metadata"].time for event in published] == times


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=5, minutes=30)), ZoneInfo("UTC")])
def test_time_is_utc_as_openedx_events_wants_it(published, commit, zone):
    """openedx-events refuses whatever isn't ``timezone.utc`` itself."""
    with commit():
        publish(TIME.astimezone(zone))
    time = published[0]["metadata"].time
    assert (time, time.tzinfo) == (TIME, UTC)


def test_record_without_a_time_has_that_of_sending(published, commit):
    """There is no better one."""
    before = datetime.now(UTC)
    with commit():
        publish(None)
    assert before <= published[0]["metadata"].time <= datetime.now(UTC)


def test_failure_is_told_and_harmless(published, commit, caplog, settings):
    """It reaches neither who published nor the next event."""
    settings.DEBUG = True  # openedx-events lets a receiver's exception through then
    BOOK_CHANGED.connect(fail)
    try:
        with commit():
            publish_on_commit(BOOK_CHANGED, time=TIME, book=events.book().data["book"])
            publish()
    finally:
        BOOK_CHANGED.disconnect(fail)
    assert BOOK_CHANGED.event_type in caplog.text
    assert len(published) == 1


def test_what_is_to_be_done_reads_what_is_committed(commit):
    """Not what was there when it was asked for."""
    shelf = Shelf.objects.create(code="A", label="novels", sync_key="a")
    read: list[str] = []
    with commit():
        do_on_commit(lambda: read.append(Shelf.objects.get().label))
        Shelf.objects.filter(pk=shelf.pk).update(label="poems")
        assert read == []
    assert read == ["poems"]


def test_what_is_to_be_done_is_not_done_after_a_rollback(commit):
    """There is nothing to tell."""
    done: list[int] = []
    with commit(), transaction.atomic():
        do_on_commit(lambda: done.append(1))
        transaction.set_rollback(True)
    assert done == []


def test_failure_of_what_is_to_be_done_is_told_and_harmless(commit, caplog):
    """What comes after it is done; the line says what failed and where, and no value."""
    done: list[int] = []
    with commit():
        do_on_commit(fail)
        do_on_commit(lambda: done.append(1))
    assert done == [1]
    [record] = caplog.records
    assert record.action == "event.not_published"
    assert (record.fields["by"], record.fields["error"]) == ("fail", "ValueError")
    assert "test_producing" in record.fields["origin"]
    assert "hunter2" not in caplog.text


def test_harmless_receiver_passes_on_what_it_is_given(caplog):
    """It is the receiver that it was, by its name as well."""
    given: list[Any] = []

    def receive(*arguments: Any, **named: Any) -> None:
        given.append((arguments, named))

    harmless(receive)(1, two=2)
    assert given == [((1,), {"two": 2})]
    assert harmless(fail).__name__ == "fail"
    harmless(fail)(1, two=2)
    assert [record.action for record in caplog.records] == ["event.not_published"]


# ------------------------------------------------------------------ no echo


def test_silenced_block_publishes_nothing(published, commit):
    """Not even after it, when the transaction is committed; what follows is heard again."""
    with commit():
        with silenced():
            publish()
        publish(TIME + timedelta(seconds=1))
    assert [event["metadata"].time for event in published] == [TIME + timedelta(seconds=1)]


def test_silenced_block_leaves_nothing_to_do(commit):
    """What was asked for in the block isn't done after it, either."""
    done: list[int] = []
    with commit():
        with silenced():
            do_on_commit(lambda: done.append(1))
        do_on_commit(lambda: done.append(2))
    assert done == [2]


def test_what_the_block_defers_is_published(published, commit):
    """A destination that writes on commit writes when the silence is over."""
    with commit(), silenced():
        transaction.on_commit(publish)
    assert len(published) == 1


def test_what_another_thread_does_is_published(published, monkeypatch):
    """Silence is that of the thread in which the destination is called."""
    monkeypatch.setattr(transaction, "on_commit", lambda act: act())
    with silenced():
        thread = Thread(target=publish)
        thread.start()
        thread.join()
    assert len(published) == 1


def test_blocks_may_lie_within_each_other(published, commit):
    """The inner one's end isn't the outer one's."""
    with commit(), silenced():
        with silenced():
            publish()
        publish()
    assert published == []


def test_what_a_host_makes_of_its_own_accord_is_published(published, commit):
    """In the midst of what came from the bus, which is silenced before and after."""
    with commit(), silenced():
        publish()
        with unsilenced():
            publish(TIME + timedelta(seconds=1))
        publish()
    assert [event["metadata"].time for event in published] == [TIME + timedelta(seconds=1)]


def test_block_that_fails_is_over(published, commit):
    """A destination that raised doesn't leave the process mute."""
    with commit():
        with pytest.raises(ZeroDivisionError), silenced():
            raise ZeroDivisionError
        publish()
    assert len(published) == 1


def save_shelves(records: Sequence[PositionedRecord[ShelfRecord]]) -> list[Outcome]:
    """Write shelves as a host does that has receivers on its models' signals."""
    for item in records:
        Shelf.objects.update_or_create(
            code=item.record.code,
            defaults={"sync_key": item.record.code, "label": item.record.label},
        )
    return [Outcome.APPLIED] * len(records)


@pytest.fixture
def announcing(settings) -> Iterator[None]:
    """A host that publishes each shelf it saves, and consumes shelves as well."""
    destinations = {**settings.EVENT_SYNC["DESTINATIONS"], "shelves": f"{__name__}.save_shelves"}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}

    def announce(instance: Shelf, **_signal: Any) -> None:
        shelf = ShelfData(code=instance.code, label=instance.label)
        publish_on_commit(SHELF_CHANGED, time=instance.modified, shelf=shelf)

    post_save.connect(announce, sender=Shelf)
    yield
    post_save.disconnect(announce, sender=Shelf)


def own(published: list[dict[str, Any]]) -> list[str]:
    """Return the codes of the shelves that were published here, not brought by the bus."""
    return [event["shelf"].code for event in published if not event["from_event_bus"]]


def test_host_publishes_its_own_changes(announcing, published, commit):
    """Whoever saves a shelf here makes an event."""
    with commit():
        Shelf.objects.create(code="A", label="novels", sync_key="a")
    assert own(published) == ["A"]


def test_what_came_from_the_bus_does_not_go_back(library, announcing, published, commit):
    """A receiver that publishes on a destination's save publishes nothing."""
    with commit():
        deliver(library, events.shelf("A"), events.shelf("B"))
    assert Shelf.objects.count() == 2
    assert own(published) == []


def test_host_is_heard_again_after_a_batch(library, announcing, published, commit):
    """Its own change of what came from the bus is an event."""
    with commit():
        deliver(library, events.shelf("A"))
        Shelf.objects.get().save()
    assert own(published) == ["A"]


def test_what_is_written_one_by_one_does_not_go_back(library, announcing, published, commit):
    """Beside a poisoned neighbour every record is written on its own."""
    with commit():
        deliver(library, events.shelf("A"), events.book("1", price=-1), events.book("2"))
    assert Shelf.objects.count() == 1
    assert own(published) == []
