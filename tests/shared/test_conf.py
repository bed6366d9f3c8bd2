"""Settings are one typed object, read lazily, and a wrong one is named with its remedy."""

from __future__ import annotations

import pytest
from django.test import override_settings

from discovery_course_run_sync.filters import is_not_hidden
from shared.conf import Settings, get_settings, problems, settings_with
from shared.consumer import Mode
from shared.exceptions import ConfigurationError
from shared.setting_values import Carrier
from tests.testapp.room import wants_book, write_books


def problem_with(**event_sync) -> ConfigurationError:
    """Return the only problem that these settings have."""
    with override_settings(EVENT_SYNC=event_sync):
        (problem,) = problems()
    return problem


def test_defaults_are_valid():
    """A service that sets nothing gets the documented defaults."""
    with override_settings(EVENT_SYNC={}):
        assert get_settings() == Settings()
        assert get_settings().carrier == Carrier.WORKER


def test_service_without_the_setting_gets_the_defaults(settings):
    """``EVENT_SYNC`` itself may be missing."""
    del settings.EVENT_SYNC
    assert get_settings() == Settings()


def test_override_takes_effect_and_ends():
    """The settings are read when they are used, so that tests can override them."""
    before = get_settings().batch_size
    with override_settings(EVENT_SYNC={"BATCH_SIZE": 7}):
        assert get_settings().batch_size == 7
    assert get_settings().batch_size == before


def test_settings_but_for_some():
    """What isn't named stays as it is set."""
    with override_settings(EVENT_SYNC={"BATCH_SIZE": 7, "CARRIER": "signal"}):
        changed = settings_with(carrier="worker")
    with override_settings(**changed):
        assert get_settings() == Settings(batch_size=7)


def test_reading_bad_settings_raises_the_first_problem():
    """Whoever needs a setting learns what is wrong."""
    with (
        override_settings(EVENT_SYNC={"BATCH_SIZE": 0}),
        pytest.raises(ConfigurationError, match=r"EVENT_SYNC\['BATCH_SIZE'\] must be"),
    ):
        get_settings()


def test_setting_must_be_a_dictionary():
    """Anything else is one problem."""
    with override_settings(EVENT_SYNC=["BATCH_SIZE"]):
        (problem,) = problems()
    assert str(problem) == "EVENT_SYNC is not a dictionary. Hint: Make it one."


@pytest.mark.parametrize(
    ("name", "meant"),
    [("BATCHSIZE", "BATCH_SIZE"), ("batch_size", "BATCH_SIZE"), ("DESTINATION", "DESTINATIONS")],
)
def test_near_miss_is_suggested(name, meant):
    """A typo gets the setting that was meant."""
    assert problem_with(**{name: 1}).hint == f"Did you mean {meant!r}?"


def test_unknown_setting_gets_the_known_ones():
    """A name that is like no other gets all names."""
    problem = problem_with(XYZ=1)
    assert problem.message == "EVENT_SYNC['XYZ'] is not a setting."
    assert problem.hint.startswith("Known: CARRIER, DESTINATIONS, ")


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("BATCH_SIZE", "500", "must be a whole number above 0"),
        ("BATCH_SIZE", 0, "must be a whole number above 0"),
        ("BATCH_SIZE", 1.5, "must be a whole number above 0"),
        ("BATCH_SIZE", True, "must be a whole number above 0"),
        ("MODES", ["books"], "must be a dictionary"),
        ("MODES", {"books": "dark"}, "must hold live or shadow only"),
        ("MODES", {"books": None}, "must hold texts only"),
        ("FLOOD_RUN", 1001, "must be 1000 at most"),
        ("BACKOFF_MAX", -1, "must be a number above 0"),
        ("BACKOFF_MAX", "soon", "must be a number above 0"),
        ("BACKOFF_MAX", float("nan"), "must be a number above 0"),
        ("DESTINATIONS", [], "must be a dictionary"),
        ("DESTINATIONS", {"books": write_books}, "must hold texts only"),
        ("FILTERS", ["books"], "must be a dictionary"),
        ("FILTERS", {"books": "tests.testapp.room.wants_book"}, "must hold lists of texts"),
        ("FILTERS", {"books": [write_books]}, "must hold lists of texts"),
        ("FILTERS", {"books": {"tests.testapp.room.wants_book"}}, "must hold lists of texts"),
        ("FILTERS", {"shelves": [], "books": None}, "must hold lists of texts"),
        ("GROUPS", {"room": 5}, "must hold texts only"),
        ("GROUPS", {"room": ""}, "must hold no empty name"),
        ("KAFKA_CONSUMER_CONFIG", "x", "must be a dictionary"),
        ("CARRIER", "pigeon", "must be one of worker, signal"),
        ("CARRIER", None, "must be one of worker, signal"),
    ],
)
def test_wrong_value_is_named(name, value, what):
    """The problem says what is needed, the hint what was found."""
    problem = problem_with(**{name: value})
    assert problem.message == f"EVENT_SYNC[{name!r}] {what}."
    assert problem.hint == f"Correct it; it is of type {type(value).__name__} now."


@pytest.mark.parametrize(
    "event_sync",
    [
        {"BACKOFF_MAX": 3},
        {"MODES": {"books": "shadow", "shelves": "live"}},
        {"CARRIER": "signal"},
        {"FILTERS": {"books": ["a.b"], "shelves": ()}},
        {"KAFKA_CONSUMER_CONFIG": {"session.timeout.ms": 6000}},
    ],
)
def test_right_value_is_no_problem(event_sync):
    """A whole number is a number, and librdkafka's options may have any type."""
    with override_settings(EVENT_SYNC=event_sync):
        assert list(problems()) == []


def test_every_problem_is_named():
    """One look shows all there is to correct."""
    with override_settings(EVENT_SYNC={"XYZ": 1, "BATCH_SIZE": 0}):
        assert len(list(problems())) == 2


def test_values_are_not_printed():
    """A secret in the wrong place doesn't reach a log."""
    with override_settings(
        EVENT_SYNC={"CARRIER": "hunter2", "sasl.password": "hunter2", "GROUPS": "hunter2"}
    ):
        assert "hunter2" not in "".join(map(str, problems()))


def test_destination_is_imported(settings):
    """A consumer's destination is found by its dotted path."""
    assert get_settings().destination_of("books") is write_books


@pytest.mark.parametrize(
    ("destinations", "what"),
    [
        ({}, "Consumer 'books' has no destination."),
        ({"books": "tests.nowhere.write"}, "['books'] can't be imported: No module"),
        (
            {"books": "tests.testapp.room.wrote"},
            "['books'] can't be imported: Module",
        ),
        (
            {"books": "write_books"},
            "['books'] can't be imported: write_books doesn't",
        ),
        ({"books": "tests.testapp.room.TOPIC"}, "['books'] can't be called."),
    ],
)
def test_destination_that_cannot_be_had(destinations, what):
    """Each way in which it can be missing names the consumer and the setting."""
    with (
        override_settings(EVENT_SYNC={"DESTINATIONS": destinations}),
        pytest.raises(ConfigurationError) as raised,
    ):
        get_settings().destination_of("books")
    assert what in raised.value.message
    assert "EVENT_SYNC['DESTINATIONS']['books']" in raised.value.hint


WANTS_BOOK = "tests.testapp.room.wants_book"


def test_filters_are_imported_in_their_order():
    """A consumer's further filters are found by their dotted paths; another has none."""
    paths = [WANTS_BOOK, "discovery_course_run_sync.filters.is_not_hidden"]
    with override_settings(EVENT_SYNC={"FILTERS": {"books": paths}}):
        assert get_settings().filters_of("books") == (wants_book, is_not_hidden)
        assert get_settings().filters_of("shelves") == ()


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("tests.nowhere.wants", "can't be imported: No module"),
        ("tests.testapp.room.wanted", "can't be imported: Module"),
        ("wants_book", "can't be imported: wants_book doesn't"),
        ("tests.testapp.room.TOPIC", "can't be called."),
    ],
)
def test_filter_that_cannot_be_had(path, what):
    """One bad path is enough; consumer and setting are named."""
    with (
        override_settings(EVENT_SYNC={"FILTERS": {"books": [WANTS_BOOK, path]}}),
        pytest.raises(ConfigurationError) as raised,
    ):
        get_settings().filters_of("books")
    assert raised.value.message.startswith(f"EVENT_SYNC['FILTERS']['books'] {what}")
    assert "EVENT_SYNC['FILTERS']['books']" in raised.value.hint


def test_group_bears_the_room_name_unless_set():
    """A room's group can be named."""
    with override_settings(EVENT_SYNC={"GROUPS": {"one": "my-group"}}):
        assert get_settings().group_of("one") == "my-group"
        assert get_settings().group_of("other") == "other"
        assert get_settings().group_of("one", Mode.SHADOW) == "my-group-shadow"


def test_consumer_is_live_unless_set():
    """The operator puts a consumer into shadow."""
    with override_settings(EVENT_SYNC={"MODES": {"books": "shadow"}}):
        assert get_settings().mode_of("books") is Mode.SHADOW
        assert get_settings().mode_of("shelves") is Mode.LIVE


@pytest.mark.parametrize(("attempt", "longest"), [(1, 2.0), (2, 4.0), (3, 8.0), (9, 10.0)])
def test_pauses_double_up_to_the_longest(attempt, longest):
    """Each is drawn from the upper half, so that processes don't go in step."""
    with override_settings(EVENT_SYNC={"BACKOFF_INITIAL": 2.0, "BACKOFF_MAX": 10.0}):
        pauses = {get_settings().pause_after(attempt) for _ in range(50)}
    assert longest / 2 <= min(pauses) < max(pauses) <= longest


def test_pause_after_very_many_attempts_is_a_number():
    """A worker may wait for months."""
    assert get_settings().pause_after(10**9) <= get_settings().backoff_max
