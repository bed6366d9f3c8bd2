"""The consumer keeps the contract of every consumer, and its rows say who is enrolled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.data import (
    CourseData,
    CourseEnrollmentData,
    UserData,
    UserPersonalData,
)
from openedx_events.learning.signals import (
    COURSE_ENROLLMENT_CHANGED,
    COURSE_ENROLLMENT_CREATED,
    COURSE_UNENROLLMENT_COMPLETED,
)
from openedx_events.tooling import OpenEdxPublicSignal

from reporting_enrollments_sync.consumers import SIGNALS
from reporting_enrollments_sync.models import Enrollment
from shared import registry
from shared.consumer import EventData, Room
from shared.testing import ConsumerContract, EmbeddedBus, InMemoryBus, Sample

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def enrollment(number: int = 1, mode: str = "audit", *, is_active: bool = True) -> EventData:
    """Return the data of an event; each number is a learner."""
    pii = UserPersonalData(username=f"learner-{number}", email=f"{number}@example.com", name="")
    return {
        "enrollment": CourseEnrollmentData(
            user=UserData(id=number, is_active=True, pii=pii),
            course=CourseData(course_key=CourseKey.from_string("course-v1:OpenedX+Demo+1")),
            mode=mode,
            is_active=is_active,
            creation_date=NOON,
        )
    }


MODES = ("audit", "verified", "honor", "professional")
ENROLLED = Sample(
    signal=COURSE_ENROLLMENT_CREATED,
    data=lambda number, state: enrollment(number, MODES[state]),
    model=Enrollment,
)


class TestEnrollments(ConsumerContract):
    """Replays, disorder, poison, garbage and writers of other versions."""

    sample = ENROLLED


@pytest.fixture
def room() -> Room:
    """The room, as its application registered it."""
    return registry.get_room("reporting_enrollments_sync")


def rows() -> list[tuple[object, ...]]:
    """Return what the rows say."""
    return list(Enrollment.objects.values_list("lms_user_id", "mode", "is_active", "changed_at"))


@pytest.mark.django_db
@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.event_type)
def test_row_says_what_any_event_says(
    event_bus: InMemoryBus, room: Room, signal: OpenEdxPublicSignal
) -> None:
    """Column by column, whichever of the three it is."""
    event_bus.publish(signal, time=NOON, **enrollment(7, "verified", is_active=False))
    event_bus.run(room)
    assert rows() == [(7, "verified", False, NOON)]
    assert Enrollment.objects.get().course_key == "course-v1:OpenedX+Demo+1"


@pytest.mark.django_db
def test_unenrolled_and_enrolled_again(event_bus: InMemoryBus, room: Room) -> None:
    """One row, which says each time what is so by then."""
    later = NOON + timedelta(hours=1)
    event_bus.publish(COURSE_ENROLLMENT_CREATED, time=NOON, **enrollment())
    event_bus.publish(COURSE_UNENROLLMENT_COMPLETED, time=later, **enrollment(is_active=False))
    event_bus.run(room)
    assert rows() == [(1, "audit", False, later)]
    again = later + timedelta(hours=1)
    event_bus.publish(COURSE_ENROLLMENT_CREATED, time=again, **enrollment(mode="verified"))
    event_bus.run(room)
    assert rows() == [(1, "verified", True, again)]


@pytest.mark.django_db
def test_old_event_after_a_new_one(event_bus: InMemoryBus, room: Room) -> None:
    """Who has left isn't enrolled again by an event that was late."""
    event_bus.publish(COURSE_UNENROLLMENT_COMPLETED, time=NOON, **enrollment(is_active=False))
    event_bus.run(room)
    before = NOON - timedelta(hours=1)
    event_bus.publish(COURSE_ENROLLMENT_CHANGED, time=before, **enrollment(mode="verified"))
    assert event_bus.run(room).totals == {"stale": 1}
    assert rows() == [(1, "audit", False, NOON)]


@pytest.mark.django_db
def test_retired_learner_leaves(event_bus: InMemoryBus, room: Room) -> None:
    """Their row has nothing to blank, and goes on to be true."""
    event_bus.publish(COURSE_ENROLLMENT_CREATED, time=NOON, **enrollment())
    event_bus.run(room)
    call_command("retire_learners", "--username=learner-1", "--lms-user-id=1", "--apply")
    later = NOON + timedelta(hours=1)
    event_bus.publish(COURSE_UNENROLLMENT_COMPLETED, time=later, **enrollment(is_active=False))
    event_bus.run(room)
    assert rows() == [(1, "audit", False, later)]


def test_enrollment_comes_over_kafka(
    transactional_db: None, embedded_bus: EmbeddedBus, room: Room
) -> None:
    """From the stock producer, through a broker, by the real worker."""
    embedded_bus.publish(COURSE_ENROLLMENT_CREATED, time=NOON, **enrollment())
    embedded_bus.publish(COURSE_UNENROLLMENT_COMPLETED, **enrollment(is_active=False))
    embedded_bus.run(room)
    assert not Enrollment.objects.get().is_active
