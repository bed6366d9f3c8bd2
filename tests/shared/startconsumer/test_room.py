"""What a room will be: key, topic, what is personal, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from shared.exceptions import ConfigurationError
from shared.ordering import SyncedModel
from shared.startconsumer import code
from shared.startconsumer.rendering import files_of
from shared.startconsumer.room import NewRoom, new_room
from tests.shared.startconsumer.project import serializable_events

LEARNING = "openedx_events.learning.signals"
AUTHORING = "openedx_events.content_authoring.signals"
ENTERPRISE = "openedx_events.enterprise.signals"
ENROLLMENT = f"{LEARNING}.COURSE_ENROLLMENT_CREATED"
ODD = "tests.shared.startconsumer.odd"


def key_of(event: str) -> list[str]:
    """Return the guessed key of an event's rows."""
    return [field.name for field in new_room("any_sync", event).key]


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (ENROLLMENT, ["user_id", "course_key"]),
        (f"{LEARNING}.BADGE_AWARDED", ["uuid"]),
        (f"{LEARNING}.IDV_ATTEMPT_CREATED", ["attempt_id"]),
        (f"{LEARNING}.EXAM_ATTEMPT_RESET", ["student_user_id", "usage_key"]),
        (f"{LEARNING}.COURSE_ACCESS_ROLE_ADDED", ["user_id", "course_key", "role"]),
        (f"{LEARNING}.STUDENT_REGISTRATION_COMPLETED", ["user_id"]),
        (f"{AUTHORING}.LIBRARY_BLOCK_CREATED", ["usage_key"]),
        (f"{AUTHORING}.COURSE_CATALOG_INFO_CHANGED", ["course_key"]),
        (f"{ENTERPRISE}.LEDGER_TRANSACTION_CREATED", ["uuid"]),
        (
            f"{ENTERPRISE}.SUBSIDY_REDEEMED",
            ["subsidy_identifier", "content_key", "lms_user_id"],
        ),
        ("shared.events.enterprise.signals.LICENSE_CREATED", ["license_uuid"]),
        ("openedx_events.analytics.signals.TRACKING_EVENT_EMITTED", ["name", "timestamp"]),
        (f"{ODD}.ODD_CHANGED", ["odd_id"]),
    ],
)
def test_the_key_is_guessed(event: str, key: list[str]) -> None:
    """Its own id, or a learner and a place, or whatever there is."""
    assert key_of(event) == key


@pytest.mark.parametrize(
    ("event", "topic", "key_field"),
    [
        (ENROLLMENT, "learning-course-enrollment-lifecycle", "enrollment.course.course_key"),
        (
            "shared.events.learning.signals.COURSE_GRADE_CHANGED",
            "learning-course-grade-lifecycle",
            "grade.user_id",
        ),
        (f"{AUTHORING}.COURSE_CREATED", "course-catalog-info-changed", "course.course_key"),
        (f"{ODD}.ODD_CHANGED_2", "tests-odd-lifecycle", "odd.id"),
    ],
)
def test_topic_and_event_key_are_those_known_or_guessed(
    event: str, topic: str, key_field: str
) -> None:
    """An event that an installed room has is where that room says."""
    place = new_room("any_sync", event).place
    assert (place.topic, place.key_field) == (topic, key_field)


def test_the_service_s_producers_are_asked(settings: Any) -> None:
    """What it publishes itself is where its settings say."""
    event_type = "org.openedx.learning.course.enrollment.created.v1"
    config = {"event_key_field": "enrollment.user.id", "enabled": True}
    settings.EVENT_BUS_PRODUCER_CONFIG = {event_type: {"enrollments": config}}
    place = new_room("any_sync", ENROLLMENT).place
    assert (place.topic, place.key_field) == ("enrollments", "enrollment.user.id")
    assert new_room("any_sync", ENROLLMENT, topic="mine").place.topic == "mine"


@pytest.mark.parametrize("topic", ["", "a b", 'a"b', "a\n", "x" * 250])
def test_a_topic_that_kafka_refuses_is_refused(topic: str) -> None:
    """Before anything is written with it."""
    with pytest.raises(ConfigurationError, match="is no name of a topic"):
        new_room("any_sync", ENROLLMENT, topic=topic)


def test_what_modules_import_is_called_otherwise() -> None:
    """A model isn't called as a class of the event's data, nor a consumer as what tests import."""
    assert new_room("user_data_sync", ENROLLMENT).names.class_prefix == "UserDataRow"
    assert new_room("user_data_sync", f"{ODD}.PLAIN_CHANGED").names.class_prefix == "UserData"
    assert new_room("utc_sync", ENROLLMENT).constant == "UTC_ROWS"


def test_a_key_may_be_chosen() -> None:
    """In its order, and the event's key is part of it."""
    room = new_room("any_sync", ENROLLMENT, key=["mode", "user_id", "mode"])
    assert [field.name for field in room.key] == ["mode", "user_id"]
    assert room.place.key_field == "enrollment.mode"


def test_fields_may_be_chosen() -> None:
    """The key's are among them in any case, and each is once where the event has it."""
    room = new_room("any_sync", ENROLLMENT, fields=["mode", "is_active", "mode"])
    assert [field.name for field in room.fields] == ["user_id", "course_key", "mode", "is_active"]
    assert personal_in(room) == set()
    assert '"enrollment.user.pii.email"' in code.learner_fields(room)


def test_a_field_that_the_event_lacks_is_refused() -> None:
    """The hint has those that it has."""
    with pytest.raises(ConfigurationError, match="nothing for a field 'modes'") as refusal:
        new_room("any_sync", ENROLLMENT, fields=["mode", "modes"])
    assert "creation_date" in refusal.value.hint


@pytest.mark.parametrize("key", ["nothing", "course_start", "created_by_id"])
def test_a_key_that_may_lack_is_refused(key: str) -> None:
    """So is one that the record doesn't have."""
    with pytest.raises(ConfigurationError, match=f"'{key}' is no field") as refusal:
        new_room("any_sync", ENROLLMENT, key=[key])
    assert "course_key" in refusal.value.hint


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("nowhere.signals.X", "There is no module 'nowhere.signals'"),
        ("nothing", "'nothing' is no dotted path.*Name the signal by its dotted path"),
        ("", "'' is no dotted path.*Name the signal by its dotted path"),
        ("COURSE_ENROLLMENT_CHANGED", rf"Did you mean {LEARNING}\.COURSE_ENROLLMENT_CHANGED\?"),
        ("..signals.X", r"There is no module '\.\.signals'"),
        (f"{LEARNING}.more.X", "There is no module"),
        (f"{LEARNING}.COURSE_ENROLMENT_CREATED", "is no signal of an event"),
        (f"{LEARNING}.FORUM_THREAD_CREATED", "has no schema"),
        (f"{ODD}.KEYLESS_CHANGED", "nothing that could identify a row"),
        (f"{ODD}.RAW_CHANGED", r"raw\.raw is of a type that no column is known for"),
    ],
)
def test_other_events_are_refused(event: str, message: str) -> None:
    """In one line with a hint."""
    with pytest.raises(ConfigurationError, match=message) as refusal:
        new_room("any_sync", event)
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_module_that_fails_is_not_said_to_be_missing(
    text: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a service's own signals need may not be installed here."""
    (tmp_path / "signals_that_fail.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigurationError, match=f"signals_that_fail can't be imported: {problem}"):
        new_room("any_sync", "signals_that_fail.X")


def test_a_misspelt_signal_is_found() -> None:
    """The hint has the one that was meant."""
    with pytest.raises(ConfigurationError) as refusal:
        new_room("any_sync", f"{LEARNING}.COURSE_ENROLMENT_CREATED")
    assert "COURSE_ENROLLMENT_CREATED" in refusal.value.hint


def personal_in(room: NewRoom) -> set[str]:
    """Return the record's fields that reports don't show."""
    return {field.name for field in room.fields if field.is_personal}


def test_names_of_people_are_personal() -> None:
    """Of each person; what a course is called isn't."""
    assert personal_in(new_room("any_sync", ENROLLMENT)) == {
        f"{person}_{name}"
        for person in ("user", "created_by")
        for name in ("username", "email", "name")
    }
    assert personal_in(new_room("any_sync", f"{AUTHORING}.COURSE_CATALOG_INFO_CHANGED")) == set()
    assert "name" in personal_in(new_room("any_sync", f"{LEARNING}.CERTIFICATE_CREATED"))


def test_whoever_is_named_is_declared_for_every_event() -> None:
    """A username or an email in a row is one that the consumer's learner has."""
    for event in serializable_events().values():
        room = new_room("any_sync", event)
        declared = code.learner_fields(room)
        for field in room.fields:
            if field.value.name in ("username", "email", "user_email"):
                assert f'"{field.value.path}"' in declared.replace(",\n", ",")


@isolate_apps("tests.testapp")
def test_a_model_takes_what_it_has_columns_for(tmp_path: Path) -> None:
    """Checks are made for its columns; people whom it doesn't name are declared all the same."""

    class Enrollment(SyncedModel):
        user_id = models.BigIntegerField()
        course_key = models.CharField(max_length=100)
        mode = models.CharField(max_length=20)
        note = models.CharField(max_length=20, blank=True)

        class Meta:
            app_label = "testapp"

    room = new_room("any_sync", ENROLLMENT, model=Enrollment)
    assert [field.name for field in room.fields] == ["user_id", "course_key", "mode"]
    files = files_of(room, tmp_path)
    assert "standalone/models.py" not in files
    assert "max_length=20" in files["mappers.py"]
    assert "max_length=100" in files["mappers.py"]
    assert '"enrollment.created_by.pii.email"),' in files["consumers.py"]
    assert "username" not in files["records.py"]


def refusal_of(model: type[SyncedModel]) -> str:
    """Return why an enrollment can't be written to a model."""
    with pytest.raises(ConfigurationError) as refusal:
        new_room("any_sync", ENROLLMENT, model=model)
    return refusal.value.message


@isolate_apps("tests.testapp")
def test_a_model_that_can_t_take_the_event_is_refused() -> None:
    """It has none of its columns, or others that nothing fills, or of another type, or not null."""

    class Nothing(SyncedModel):
        colour = models.CharField(max_length=20, blank=True)

        class Meta:
            app_label = "testapp"

    class More(SyncedModel):
        mode = models.CharField(max_length=20)
        price = models.IntegerField()

        class Meta:
            app_label = "testapp"

    class Other(SyncedModel):
        user_id = models.BigIntegerField()
        course_key = models.IntegerField()

        class Meta:
            app_label = "testapp"

    class Full(SyncedModel):
        user_id = models.BigIntegerField()
        course_key = models.CharField(max_length=255)
        course_end = models.DateTimeField()

        class Meta:
            app_label = "testapp"

    class Child(Other):
        mode = models.CharField(max_length=20)

        class Meta:
            app_label = "testapp"

    class Unique(SyncedModel):
        course_key = models.CharField(max_length=255, unique=True)
        user_id = models.BigIntegerField()

        class Meta:
            app_label = "testapp"

    assert refusal_of(Child) == "testapp.Child has columns in the table of another model."
    with pytest.raises(ConfigurationError, match=r"Unique\.course_key is unique"):
        new_room("any_sync", ENROLLMENT, model=Unique, key=["user_id", "course_key"])
    room = new_room("any_sync", ENROLLMENT, model=Unique)
    assert [field.name for field in room.key] == ["course_key"]
    assert refusal_of(Nothing) == "testapp.Nothing has no column for anything that the event says."
    assert refusal_of(More) == "testapp.More needs what the event doesn't say: price."
    assert "testapp.Other.course_key is a IntegerField" in refusal_of(Other)
    assert "testapp.Full.course_end can't be null" in refusal_of(Full)
