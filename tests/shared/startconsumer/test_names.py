"""Names that Python and Django take, whatever an event calls its values."""

from __future__ import annotations

import pytest

from shared.exceptions import ConfigurationError
from shared.startconsumer.event_values import EventValue, signal_at, values_in
from shared.startconsumer.names import RoomNames, column_names

LEARNING = "openedx_events.learning.signals"


def columns(*paths: str) -> list[str]:
    """Return the names of columns for values at these paths."""
    return list(column_names([EventValue(path=path, type=int) for path in paths]).values())


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("enrollment.mode", "mode"),
        ("enrollment.user.id", "user_id"),
        ("enrollment.course.course_key", "course_key"),
        ("enrollment.course.display_name", "course_display_name"),
        ("enrollment.user.pii.username", "user_username"),
        ("user.id", "user_id"),
        ("ledger_transaction.created", "ledger_transaction_created"),
        ("odd.class", "odd_class"),
        ("odd.class_", "odd_class"),
        ("odd.two__parts", "two_parts"),
        ("odd.pk", "odd_pk"),
        ("odd.key", "odd_key"),
        ("odd.objects", "odd_objects"),
        ("odd.save", "odd_save"),
        ("odd.Case", "case"),
        ("odd._1", "value_1"),
        ("mode", "mode"),
        ("id", "id_value"),
    ],
)
def test_a_column_is_called_as_its_value_where_it_may(path: str, column: str) -> None:
    """And after what holds the value where not."""
    assert columns(path) == [column]


def test_same_names_are_told_apart() -> None:
    """By what holds them, or by a number; a database's names have no case."""
    assert columns("odd.Case", "odd.case") == ["odd_case", "odd_case_2"]


def test_values_of_several_arguments_bear_their_names() -> None:
    """None of them is what the event is about."""
    assert columns("first.mode", "second.mode") == ["first_mode", "second_mode"]


def test_long_names_fit_every_database() -> None:
    """Each is still another, and none has what Django refuses."""
    long = [f"odd.{'very_' * 20}long{number}" for number in range(3)]
    found = columns(
        "odd.a" + "b" * 80, *long, "odd.outermost_part_of_it.middle_part_of_it." + "x" * 50
    )
    assert len(set(found)) == len(found)
    assert all(len(name) <= 60 and "__" not in name and name[-1] != "_" for name in found)
    assert found[-1] == "x" * 50


def test_all_columns_of_an_event_differ() -> None:
    """An enrollment has two users."""
    names = column_names(values_in(signal_at(f"{LEARNING}.COURSE_ENROLLMENT_CREATED")))
    assert len(set(names.values())) == len(names)
    assert names["enrollment.user.id"] == "user_id"
    assert names["enrollment.created_by.id"] == "created_by_id"


def test_a_room_names_what_is_in_it() -> None:
    """As the rooms that are there do."""
    names = RoomNames("reporting_enrollments_sync")
    assert names.consumer == "reporting-enrollments"
    assert names.constant == "REPORTING_ENROLLMENTS"
    assert names.class_prefix == "ReportingEnrollment"
    assert names.write == "write_reporting_enrollments"


@pytest.mark.parametrize(
    ("room", "model"),
    [
        ("categories_sync", "Category"),
        ("classes_sync", "Class"),
        ("progress_sync", "Progress"),
        ("status_sync", "Status"),
        ("synced_models_sync", "SyncedModelRow"),
        ("as_sync", "As"),
        ("none_sync", "NoneRow"),
        ("sequences_sync", "SequenceRow"),
        ("x_sync", "XRow"),
        ("test_results_sync", "SyncedTestResult"),
    ],
)
def test_a_model_is_called_as_one_row(room: str, model: str) -> None:
    """Unlike what its module imports."""
    assert RoomNames(room).class_prefix == model


@pytest.mark.parametrize(
    "name",
    [
        *("enrollments", "_sync", "Enrollments_sync", "1_sync", "a-b_sync", "a__b_sync"),
        "a_sync\n",
        f"{'x' * 46}_sync",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    """In one line with a hint."""
    with pytest.raises(ConfigurationError, match="is no name of a room") as refusal:
        RoomNames(name)
    assert "reporting_enrollments_sync" in refusal.value.hint
