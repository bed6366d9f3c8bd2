"""Each system check speaks up when something is wrong, with a hint, and is silent when it isn't."""

from __future__ import annotations

import re
import sys
from ast import literal_eval
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings
from openedx_events.learning.signals import COURSE_NOTIFICATION_REQUESTED as NOT_IN_AVRO
from openedx_events.learning.signals import EXAM_ATTEMPT_SUBMITTED

from shared.consumer import Consumer, Route
from shared.testing import registered
from tests.testapp.events import BOOK_CHANGED, SHELF_CHANGED
from tests.testapp.room import BOOKS, ROOM, SHELVES

# Some of Django's own checks ask the database what it can do.
pytestmark = pytest.mark.django_db

STOCK = "edx_event_bus_kafka.KafkaEventConsumer"
SQLITE = "django.db.backends.sqlite3"


def found() -> list[CheckMessage]:
    """Return what our checks find, the database's included."""
    messages = run_checks(databases=["default"], include_deployment_checks=False)
    return [m for m in messages if str(m.id).startswith("event_sync.")]


def ids() -> list[str]:
    """Return the ids of what our checks find."""
    return [str(message.id) for message in found()]


def use_database(monkeypatch: pytest.MonkeyPatch, engine: str, **options: Any) -> None:
    """Let the settings name another database; nothing connects to it."""
    database = django_settings.DATABASES["default"]
    monkeypatch.setitem(database, "ENGINE", engine)
    monkeypatch.setitem(database, "OPTIONS", options)


def with_keys(*key_fields: str) -> tuple[Consumer, ...]:
    """Return the tests' consumers with other key fields."""
    return tuple(
        Consumer(
            name=consumer.name,
            topic=consumer.topic,
            routes=tuple(
                Route(
                    signal=route.signal,
                    key_field=key_field,
                    accept=route.accept,
                    to_record=route.to_record,
                )
                for route in consumer.routes
            ),
        )
        for consumer, key_field in zip((SHELVES, BOOKS), key_fields, strict=True)
    )


def test_tests_own_settings_are_right(library):
    """Every check is silent when nothing is wrong."""
    assert ids() == []


def test_e001_unknown_or_ill_typed_setting(settings):
    """Each wrong setting is one error."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "BATCHSIZE": 5, "CARRIER": "pigeon"}
    messages = found()
    assert [m.id for m in messages] == ["event_sync.E001", "event_sync.E001"]
    assert messages[0].msg == "EVENT_SYNC['CARRIER'] must be one of worker, signal."
    assert messages[1].msg == "EVENT_SYNC['BATCHSIZE'] is not a setting."
    assert messages[1].hint == "Did you mean 'BATCH_SIZE'?"


def test_e002_consumer_without_destination(library, settings):
    """A consumer of an installed room needs somewhere to write to."""
    destinations = {**settings.EVENT_SYNC["DESTINATIONS"]}
    del destinations["books"]
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}
    (message,) = found()
    assert message.id == "event_sync.E002"
    assert message.msg == "Consumer 'books' has no destination."
    assert "EVENT_SYNC['DESTINATIONS']['books']" in str(message.hint)


def test_e002_destination_of_a_misspelt_consumer(library, settings):
    """The name that is there for nobody is said, with the one that lacks a destination."""
    destinations = {**settings.EVENT_SYNC["DESTINATIONS"]}
    destinations["boooks"] = destinations.pop("books")
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}
    lacking, misspelt = found()
    assert lacking.msg == "Consumer 'books' has no destination."
    assert misspelt.id == "event_sync.E002"
    assert misspelt.msg == (
        "EVENT_SYNC['DESTINATIONS'] names 'boooks', which is no installed consumer."
    )
    assert misspelt.hint == "Did you mean 'books'?"


def test_destination_of_a_room_that_is_not_installed(library, settings):
    """Services may share their settings; however alike the names, no consumer lacks it."""
    destinations = {**settings.EVENT_SYNC["DESTINATIONS"], "boooks": "nowhere.write"}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}
    assert ids() == []


def use_filters(settings: Any, **filters: Any) -> None:
    """Name further filters of consumers."""
    by_name = {name.replace("_", "-"): paths for name, paths in filters.items()}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "FILTERS": by_name}


def test_filters_of_installed_consumers(library, settings):
    """Right ones are no problem."""
    use_filters(
        settings,
        books=["tests.testapp.room.wants_book"],
        course_runs=["discovery_course_run_sync.filters.is_not_hidden"],
    )
    assert ids() == []


def test_e001_filters_of_a_wrong_type(settings):
    """One path alone is no list of paths."""
    use_filters(settings, books="tests.testapp.room.wants_book")
    (message,) = found()
    assert message.id == "event_sync.E001"
    assert message.msg == "EVENT_SYNC['FILTERS'] must hold lists of texts."


def test_e002_mode_of_no_consumer(library, settings):
    """A typo in a name would let a consumer write that was to be in shadow."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "MODES": {"book": "shadow"}}
    (message,) = found()
    assert message.id == "event_sync.E002"
    assert message.msg == "EVENT_SYNC['MODES'] names 'book', which is no installed consumer."


def test_e002_group_of_no_room(library, settings):
    """A typo in a name would let a room begin anew, in a group of its own name."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "GROUPS": {"library": "grades"}}
    (message,) = found()
    assert message.id == "event_sync.E002"
    assert message.msg == "EVENT_SYNC['GROUPS'] names 'library', which is no installed room."
    assert ROOM in str(message.hint)


def test_e002_destination_options_of_no_consumer(library, settings):
    """A typo in a name would leave the defaults in force."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATION_OPTIONS": {"book": {}}}
    (message,) = found()
    assert message.id == "event_sync.E002"
    assert "['DESTINATION_OPTIONS'] names 'book', which is no installed consumer" in message.msg


def test_e002_filters_of_no_consumer(library, settings):
    """A typo in a name would let in what was to be kept out."""
    use_filters(settings, course_run=["discovery_course_run_sync.filters.is_not_hidden"])
    (message,) = found()
    assert message.id == "event_sync.E002"
    assert message.msg == (
        "EVENT_SYNC['FILTERS'] names 'course-run', which is no installed consumer."
    )
    assert "course-runs" in str(message.hint)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("tests.testapp.room.wants", "can't be imported"),
        ("nowhere.wants", "can't be imported"),
        ("tests.testapp.room.TOPIC", "can't be called"),
    ],
)
def test_e002_filter_that_cannot_be_had(library, settings, path, what):
    """Found before a worker meets its first event."""
    use_filters(settings, books=[path])
    (message,) = found()
    assert message.id == "event_sync.E002"
    assert f"EVENT_SYNC['FILTERS']['books'] {what}" in message.msg


def test_e002_destination_and_filters_of_one_consumer(library, settings):
    """One look shows all there is to correct."""
    destinations = {**settings.EVENT_SYNC["DESTINATIONS"], "books": "nowhere.write"}
    settings.EVENT_SYNC = {
        **settings.EVENT_SYNC,
        "DESTINATIONS": destinations,
        "FILTERS": {"books": ["nowhere.wants"]},
    }
    assert ids() == ["event_sync.E002", "event_sync.E002"]


@pytest.mark.parametrize(
    "url", ["registry:8081", "ftp://registry", "http://", "//registry", "http://[::1"]
)
def test_e003_registry_address_without_scheme_or_host(url):
    """An address that no client can use is found before a worker starts."""
    with override_settings(EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL=url):
        (message,) = found()
    assert message.id == "event_sync.E003"
    assert "http://" in str(message.hint)


@pytest.mark.parametrize("url", [None, "", "http://registry:8081", "https://registry/path"])
def test_registry_address_may_be_unset_or_right(url):
    """Without an address the demo's embedded registry is used."""
    with override_settings(EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL=url):
        assert ids() == []


def test_e003_does_not_print_credentials():
    """An address may hold a password."""
    with override_settings(EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL="ftp://user:hunter2@registry"):
        assert "hunter2" not in "".join(map(str, found()))


def test_e004_option_that_carries_the_guarantees(settings):
    """Each option that the worker must set itself is one error."""
    options = {"auto.offset.reset": "latest", "group.id": "mine", "session.timeout.ms": 6000}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "KAFKA_CONSUMER_CONFIG": options}
    messages = found()
    assert [m.id for m in messages] == ["event_sync.E004", "event_sync.E004"]
    assert "'auto.offset.reset'" in messages[0].msg
    assert messages[0].hint == "Leave it out: the worker sets it."


def test_other_option_passes_through(settings):
    """Whatever else librdkafka knows is the operator's."""
    options = {"ssl.ca.location": "ca.pem", "group.instance.id": "a"}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "KAFKA_CONSUMER_CONFIG": options}
    assert ids() == []


def test_e005_keys_of_one_topic_with_different_names():
    """The key's schema holds the field's name, so two names are two partitionings."""
    with registered(ROOM, *with_keys("shelf.code", "book.isbn")):
        (message,) = found()
    assert message.id == "event_sync.E005"
    assert f"{SHELF_CHANGED.event_type}: shelf.code" in message.msg
    assert f"{BOOK_CHANGED.event_type}: book.isbn" in message.msg
    assert "same name and type" in str(message.hint)


def test_e005_keys_of_one_topic_with_different_types():
    """A number and a text never meet in one partition."""
    with registered(ROOM, *with_keys("shelf.code", "book.price")):
        assert ids() == ["event_sync.E005"]


def test_key_inside_a_record_that_comes_twice():
    """A person whom the schema names a second time, perhaps null, has an id that may be a key."""
    (route,) = SHELVES.routes
    attempt = replace(
        route, signal=EXAM_ATTEMPT_SUBMITTED, key_field="exam_attempt.requesting_user.id"
    )
    with registered(ROOM, replace(SHELVES, routes=(attempt,), snapshot=None)):
        assert ids() == []


@pytest.mark.parametrize("key_field", ["shelf.cod", "nothing.code", "shelf.code.code"])
def test_e005_key_that_is_no_field_of_the_event(key_field):
    """A typo in a key field is found."""
    with registered(ROOM, with_keys(key_field, "book.code")[0]):
        assert ids() == ["event_sync.E005"]


def test_e006_missing_avro_parts(monkeypatch):
    """A confluent-kafka without its extras can't read an event."""
    monkeypatch.setitem(sys.modules, "confluent_kafka.schema_registry.avro", None)
    (message,) = found()
    assert message.id == "event_sync.E006"
    assert message.hint == "pip install 'confluent-kafka[avro,schemaregistry]'"


def test_w001_stock_consumer_beside_the_worker_carrier(settings):
    """Events that a stock consumer brings would reach no room."""
    settings.EVENT_BUS_CONSUMER = STOCK
    (message,) = found()
    assert message.id == "event_sync.W001"
    assert "EVENT_SYNC['CARRIER'] = 'signal'" in str(message.hint)


def test_stock_consumer_may_carry_signals(settings):
    """With the "signal" carrier a stock consumer is right."""
    settings.EVENT_BUS_CONSUMER = STOCK
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "CARRIER": "signal"}
    assert ids() == []


@pytest.mark.parametrize("options", [{}, {"transaction_mode": "DEFERRED"}])
def test_w002_sqlite_with_deferred_transactions(monkeypatch, options):
    """A second process would make transactions fail at their first write."""
    use_database(monkeypatch, SQLITE, **options)
    (message,) = found()
    assert message.id == "event_sync.W002"
    (hinted,) = re.findall(r"\{.*\}", str(message.hint))
    use_database(monkeypatch, SQLITE, **literal_eval(hinted))
    assert ids() == []


@pytest.mark.parametrize(
    ("engine", "options"),
    [(SQLITE, {"transaction_mode": "IMMEDIATE"}), ("django.db.backends.postgresql", {})],
)
def test_database_that_several_processes_can_share(monkeypatch, engine, options):
    """SQLite with IMMEDIATE, or a database server."""
    use_database(monkeypatch, engine, **options)
    assert ids() == []


def test_bad_settings_do_not_break_other_checks(settings):
    """With settings that can't be read only that is said."""
    settings.EVENT_BUS_CONSUMER = STOCK
    settings.EVENT_SYNC = {"BATCH_SIZE": 0, "KAFKA_CONSUMER_CONFIG": {"group.id": "x"}}
    assert ids() == ["event_sync.E001"]


def test_manage_py_check_runs_them(settings):
    """They are part of Django's own command."""
    call_command("check", stdout=StringIO())
    settings.EVENT_SYNC = {"BATCH_SIZE": 0}
    with pytest.raises(SystemCheckError, match=r"event_sync\.E001"):
        call_command("check", stderr=StringIO())


@override_settings(USE_TZ=False)
def test_times_without_time_zones_are_refused() -> None:
    """Without time zones nobody could say which of two events is newer."""
    [message] = found()
    assert message.id == "event_sync.E008"
    assert message.hint == "Set it to True."


def test_e009_event_without_a_schema():
    """An event of openedx-events that no bus carries is named, and no command ends in a trace."""
    (route,) = SHELVES.routes
    wrong = replace(SHELVES, routes=(replace(route, signal=NOT_IN_AVRO),), snapshot=None)
    with registered(ROOM, wrong):
        (message,) = found()
    assert message.id == "event_sync.E009"
    assert message.msg.startswith(
        f"{NOT_IN_AVRO.event_type} has no schema, so it can't be on the bus"
    )
    assert "Take another event" in str(message.hint)


def test_e009_is_told_once_of_an_event(settings):
    """Two consumers of it are one problem, and its topic's keys are compared when it is gone."""
    name = "shelves-again"
    destinations = settings.EVENT_SYNC["DESTINATIONS"]
    again_too = {**destinations, name: destinations["shelves"]}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": again_too}
    (route,) = SHELVES.routes
    wrong = replace(SHELVES, routes=(replace(route, signal=NOT_IN_AVRO),), snapshot=None)
    again = replace(wrong, name=name)
    with registered(ROOM, wrong, again, with_keys("shelf.code", "book.price")[1]):
        assert ids() == ["event_sync.E009"]
