"""A stored message comes back byte for byte, whatever it holds."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.messages import Message
from shared.models import DeadLetter, OutcomeCount, ParkedEvent

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

messages = st.builds(
    Message,
    topic=st.from_regex(r"[A-Za-z0-9._-]{1,249}", fullmatch=True),
    partition=st.integers(-1, 2**31 - 1),
    offset=st.integers(0, 2**63 - 1),
    key=st.none() | st.binary(max_size=20),
    value=st.none() | st.binary(max_size=50),
    headers=st.lists(
        st.tuples(
            st.text(max_size=10) | st.sampled_from(["ce_type", "naïve", "\x00", ""]),
            st.none() | st.binary(max_size=20) | st.sampled_from([b"\x00", b"\xff\xfe", b"%00"]),
        ),
        max_size=4,
    ).map(tuple),
    timestamp=st.none() | st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)),
)


def parked(offset: int, **columns: object) -> ParkedEvent:
    """Store a parked event."""
    message = Message(
        topic="t", partition=0, offset=offset, key=None, value=None, headers=(), timestamp=None
    )
    defaults = {"room": "room", "consumer": "books", "waiting_for": "shelves:a", "parked_at": NOW}
    return ParkedEvent.objects.create(
        **ParkedEvent.columns_of(message), **{**defaults, "retry_at": NOW, **columns}
    )


@given(messages)
@settings(
    derandomize=True,
    deadline=None,
    max_examples=100,
    # Each example empties the table first.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_message_comes_back_byte_for_byte(message):
    """NULL, NUL, empty, non-UTF-8 and non-ASCII names included."""
    DeadLetter.objects.all().delete()
    DeadLetter.objects.create(buried_at=NOW, **DeadLetter.columns_of(message))
    assert DeadLetter.objects.get().message == message


def test_stored_message_is_listed_by_its_place():
    """An empty consumer is one that never saw it."""
    event = parked(7)
    assert str(event) == "books: t[0]@7"
    event.consumer = ""
    assert str(event) == "room: t[0]@7"


def due(*topics: str) -> list[int]:
    """Return the offsets of what is due for a consumer of these topics."""
    found = ParkedEvent.objects.due("room", topics or ["t"], max_age=60, now=NOW)
    return [event.offset for event in found]


def test_events_of_another_bus_are_due_when_they_are_too_old():
    """Who consumes other topics may not be able to read them: they are left, but not for ever."""
    minute = timedelta(minutes=1)
    parked(1, parked_at=NOW - minute / 2)
    parked(2, parked_at=NOW - minute)
    assert due("prod-t") == [2]
    assert due("prod-t", "t") == [1, 2]


def test_due_are_a_rooms_events_whose_time_has_come():
    """Oldest first; those of other rooms and of later are left."""
    second = timedelta(seconds=1)
    for offset, retry_at in enumerate([NOW, NOW - second, NOW + second]):
        parked(offset, retry_at=retry_at)
    parked(3, room="other")
    assert due() == [1, 0]


def test_waking_makes_due_what_waits_for_these_rows():
    """What is due already included, and what waits for another row sleeps on."""
    later = NOW + timedelta(hours=1)
    parked(1, retry_at=later)
    parked(2, retry_at=NOW)
    parked(3, retry_at=later, waiting_for="shelves:b")
    assert ParkedEvent.objects.wake(["shelves:a", "shelves:c"]) == 2
    assert due() == [1, 2]


def test_waking_nothing_takes_no_statement(django_assert_num_queries):
    """A batch that brought no parent asks nothing."""
    with django_assert_num_queries(0):
        assert ParkedEvent.objects.wake([]) == 0


def test_wanting_is_what_waits_for_a_consumers_rows():
    """By the consumer's whole name; who has brought nothing is awaited by nobody."""
    for offset, reference in enumerate(
        ("shelves:a", "shelves-2:a", "books:shelves:a", "sh_lves:a")
    ):
        parked(offset, waiting_for=reference)
    found = ParkedEvent.objects.wanting(["shelves", "authors"])
    assert [event.waiting_for for event in found] == ["shelves:a"]
    assert [event.waiting_for for event in ParkedEvent.objects.wanting(["sh_lves"])] == [
        "sh_lves:a"
    ]
    assert not ParkedEvent.objects.wanting([]).exists()


def test_counts_add_up():
    """Counting twice gives the sum, and leaves the other outcomes at 0."""
    identity = {"worker": "w", "room": "room", "consumer": "books", "minute": NOW}
    OutcomeCount.add({"applied": 2}, **identity)
    OutcomeCount.add({"applied": 1, "parked": -1}, **identity)
    count = OutcomeCount.objects.get()
    assert {name: getattr(count, name) for name in OutcomeCount.OUTCOMES} == {
        "applied": 3,
        "unchanged": 0,
        "stale": 0,
        "filtered": 0,
        "ignored": 0,
        "parked": -1,
        "dead": 0,
    }
    assert str(count) == "books 2026-05-01 12:00"


@pytest.mark.django_db(transaction=True)
def test_counting_on_takes_one_statement(django_assert_num_queries):
    """Every batch waits for it: only a minute's first batches look for their row."""
    identity = {"worker": "w", "room": "room", "consumer": "books", "minute": NOW}
    for _ in range(2):
        OutcomeCount.add({"applied": 1}, **identity)
    with django_assert_num_queries(1):
        OutcomeCount.add({"applied": 1, "dead": 2}, **identity)
    count = OutcomeCount.objects.get()
    assert (count.applied, count.dead) == (3, 2)


@pytest.mark.django_db(transaction=True)
def test_counting_on_without_its_row_makes_another():
    """It may be pruned, or not be committed: nothing is lost, nor counted elsewhere."""
    identity = {"worker": "w", "room": "room", "consumer": "books", "minute": NOW}
    for _ in range(2):
        OutcomeCount.add({"applied": 1}, **identity)
    OutcomeCount.objects.all().delete()
    with suppress(RuntimeError), transaction.atomic():
        for _ in range(2):
            OutcomeCount.add({"applied": 1}, **identity)
        raise RuntimeError
    OutcomeCount.add({"applied": 1}, **identity | {"minute": NOW + timedelta(minutes=1)})
    OutcomeCount.add({"applied": 1}, **identity)
    assert list(OutcomeCount.objects.values_list("applied", flat=True)) == [1, 1]


def test_models_and_migrations_agree():
    """No migration is missing."""
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


def id_types() -> set[str]:
    """Return the types that the database's own columns of the tables' ids have."""
    if connection.vendor == "sqlite":
        return {"bigint"}  # its integers have 64 bits, whatever they are called
    schema = connection.settings_dict["NAME"] if connection.vendor == "mysql" else "public"
    tables = [model._meta.db_table for model in apps.get_app_config("event_sync").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, data_type FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name LIKE %s AND column_name = %s",
            [schema, "event_sync_%", "id"],
        )
        found = dict(cursor.fetchall())
    assert set(found) == set(tables)
    return set(found.values())


def test_ids_in_a_service_whose_keys_are_of_32_bits(settings):
    """The tables have ids of 64 bits all the same, and there is nothing left to migrate."""
    assert settings.DEFAULT_AUTO_FIELD == "django.db.models.AutoField"
    assert id_types() == {"bigint"}
    OutcomeCount.objects.create(pk=2**40, worker="w", room="r", minute=NOW)
    call_command("makemigrations", "event_sync", "--check", "--dry-run", stdout=StringIO())
