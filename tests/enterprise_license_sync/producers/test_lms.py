"""What the LMS and edx-enterprise (stood in for, see ``stand_ins``) save becomes events."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from django.db import transaction
from openedx_events.data import EventsMetadata
from openedx_events.learning.signals import (
    COURSE_ENROLLMENT_CHANGED,
    COURSE_ENROLLMENT_CREATED,
    COURSE_UNENROLLMENT_COMPLETED,
)

from enterprise_license_sync.producers import lms as producer
from enterprise_license_sync.producers.lms import publish_enrollments
from shared.events.enterprise.data import LicensedEnrollmentData
from shared.events.enterprise.signals import LICENSED_ENROLLMENT_CHANGED
from shared.outcomes import Outcome
from shared.testing import deliver
from shared.testing.factories.enterprise import PLAN
from tests.enterprise_license_sync.events import (
    LICENSE,
    license_,
    outcomes,
    plan,
    retry,
    work,
)
from tests.enterprise_license_sync.events import enrollment as enrollment_event
from tests.enterprise_license_sync.producers.rows import (
    COURSE_KEY,
    EMAIL,
    LEARNER,
    enroll,
    enrollment_data,
    note_enrollment,
    note_license,
)
from tests.enterprise_license_sync.producers.stand_ins.enterprise.models import (
    EnterpriseCustomerUser,
    LicensedEnterpriseCourseEnrollment,
)
from tests.enterprise_license_sync.producers.stand_ins.student.models import (
    CourseEnrollment,
    HistoricalCourseEnrollment,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lms")]

LMS_SIGNALS = [COURSE_ENROLLMENT_CREATED, COURSE_ENROLLMENT_CHANGED, COURSE_UNENROLLMENT_COMPLETED]
WRITE_LICENSES = "enterprise_license_sync.producers.lms.write_licenses"


@pytest.fixture
def known(room):
    """The plan and the license, which the LMS has consumed."""
    work(room, plan(0), license_(1))


@pytest.fixture
def destination(settings):
    """The LMS's own destination of licenses."""
    destinations = {**settings.EVENT_SYNC["DESTINATIONS"], "licenses": WRITE_LICENSES}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}


def enrollments(published):
    """Return the licensed enrollments that were announced by the LMS, not by the bus."""
    return [
        event
        for event in published
        if event.signal is LICENSED_ENROLLMENT_CHANGED and not event.from_event_bus
    ]


@pytest.mark.usefixtures("known")
def test_licensed_enrollment_is_published_whole(published, commit):
    """The event joins the three records and the license's plan, as of the newest record."""
    enroll()
    with commit():
        licensed = note_license(LICENSE, enterprise_course_enrollment=note_enrollment())
    event = enrollments(published)[-1]
    assert event.data == LicensedEnrollmentData(
        license_uuid=LICENSE,
        plan_uuid=PLAN,
        lms_user_id=LEARNER,
        course_key=COURSE_KEY,
        mode="verified",
        is_active=True,
        is_revoked=False,
    )
    assert event.time == licensed.modified


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("signal", LMS_SIGNALS, ids=lambda signal: signal.event_type)
def test_signals_of_the_lms_are_heard(published, commit, signal):
    """Whichever it is, the whole state is read, and not taken from the signal."""
    enrollment = enroll()
    note_license(LICENSE)
    with commit():
        CourseEnrollment.objects.update(mode="audit", is_active=False)
        signal.send_event(enrollment=enrollment_data(enrollment))
    [event] = enrollments(published)
    assert (event.data.mode, event.data.is_active) == ("audit", False)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("signal", LMS_SIGNALS, ids=lambda signal: signal.event_type)
def test_signal_from_the_bus_is_not_heard(published, commit, signal):
    """Somebody else's enrollment isn't the LMS's own."""
    enrollment = enroll()
    note_license(LICENSE)
    with commit():
        signal.send_event_with_custom_metadata(
            EventsMetadata(event_type=signal.event_type), enrollment=enrollment_data(enrollment)
        )
    assert published == []


@pytest.mark.usefixtures("known")
def test_record_of_the_customers_learner_is_heard(published, commit):
    """It carries nothing that is published, but it may be saved last."""
    enroll()
    noted = note_enrollment()
    note_license(LICENSE, enterprise_course_enrollment=noted)
    with commit():
        noted.save()
    [event] = enrollments(published)
    assert event.time == noted.modified


@pytest.mark.usefixtures("known")
def test_revocation_is_published(published, commit):
    """edx-enterprise says so in its own record; the enrollment may go on."""
    enroll()
    licensed = note_license(LICENSE)
    with commit():
        licensed.is_revoked = True
        licensed.save()
    [event] = enrollments(published)
    assert (event.data.is_active, event.data.is_revoked) == (True, True)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("delays", [*permutations([0, 1, 2])])
def test_time_is_that_of_the_newest_record(published, commit, delays):
    """Whichever of the three it is."""
    enrollment, noted = enroll(), note_enrollment()
    licensed = note_license(LICENSE, enterprise_course_enrollment=noted)
    newest = licensed.modified + timedelta(seconds=2)
    times = [licensed.modified + timedelta(seconds=delay) for delay in delays]
    with commit():
        HistoricalCourseEnrollment.objects.update(history_date=times[0])
        type(noted).objects.update(modified=times[1])
        type(licensed).objects.update(modified=times[2])
        COURSE_ENROLLMENT_CHANGED.send_event(enrollment=enrollment_data(enrollment))
    assert [event.time for event in enrollments(published)] == [newest]


@pytest.mark.usefixtures("known")
def test_newest_entry_of_the_history_counts(published, commit):
    """There is one for each change."""
    licensed, enrollment = note_license(LICENSE), enroll()
    enrollment.mode = "audit"
    enrollment.save()
    with commit():
        COURSE_ENROLLMENT_CHANGED.send_event(enrollment=enrollment_data(enrollment))
    newest = HistoricalCourseEnrollment.objects.latest("history_date")
    assert [event.time for event in enrollments(published)] == [newest.history_date]
    assert newest.history_date > licensed.modified


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("is_known", [True, False])
def test_enrollment_without_history_is_as_old_as_it_is(published, commit, is_known):
    """Old ones have none, and the oldest no time of creation either."""
    licensed, enrollment = note_license(LICENSE), enroll()
    HistoricalCourseEnrollment.objects.all().delete()
    if not is_known:
        CourseEnrollment.objects.update(created=None)
    with commit():
        COURSE_ENROLLMENT_CHANGED.send_event(enrollment=enrollment_data(enrollment))
    expected = enrollment.created if is_known else licensed.modified
    assert [event.time for event in enrollments(published)] == [expected]


@pytest.mark.usefixtures("known")
def test_enrollment_that_no_license_pays_for_costs_one_query(
    published, commit, django_assert_num_queries
):
    """Nearly all are of this kind, and none of them is announced."""
    note_enrollment()
    data = enrollment_data(enroll())
    with django_assert_num_queries(1), commit():
        COURSE_ENROLLMENT_CREATED.send_event(enrollment=data)
    assert published == []


@pytest.mark.usefixtures("known")
def test_unlinked_learner_is_announced_too(published, commit):
    """edx-enterprise's own manager hides them, and what is revoked is often theirs."""
    enroll()
    noted = note_enrollment()
    licensed = note_license(LICENSE, enterprise_course_enrollment=noted)
    EnterpriseCustomerUser.objects.update(linked=False)
    with commit():
        licensed.save()
    assert len(enrollments(published)) == 1


@pytest.mark.usefixtures("known")
def test_entitlement_is_not_announced(published, commit, caplog):
    """A license that pays for no course run yet; that is no failure."""
    with commit():
        note_license(LICENSE, enterprise_course_enrollment=None)
    assert published == []
    assert caplog.text == ""


@pytest.mark.usefixtures("known")
def test_learner_who_is_not_enrolled_yet_is_announced_then(published, commit):
    """edx-enterprise may note it first."""
    with commit():
        note_license(LICENSE)
    assert published == []
    with commit():
        COURSE_ENROLLMENT_CREATED.send_event(enrollment=enrollment_data(enroll()))
    assert len(enrollments(published)) == 1


@pytest.mark.usefixtures("known")
def test_what_is_rolled_back_is_not_published(published, commit):
    """A record that was never saved isn't announced."""
    enroll()
    with commit(), transaction.atomic():
        note_license(LICENSE)
        transaction.set_rollback(True)
    assert published == []


@pytest.mark.usefixtures("known")
def test_failure_is_told_and_harmless(published, commit, monkeypatch, caplog):
    """The record is saved all the same, and the log holds no data."""

    def fail(*_):
        raise ValueError(EMAIL)

    enroll()
    monkeypatch.setattr(producer, "_data", fail)
    with commit():
        note_license(LICENSE)
    assert LicensedEnterpriseCourseEnrollment.objects.count() == 1
    assert published == []
    assert "event.not_published" in caplog.text
    assert EMAIL not in caplog.text


def test_enrollment_of_an_unknown_license_waits_for_it(published, commit, room, destination):
    """It is announced when the license arrives, as of its own records."""
    enroll()
    with commit():
        licensed = note_license(LICENSE)
    assert published == []
    with commit():
        work(room, plan(0), license_(1), license_(1))
    assert {(event.data.plan_uuid, event.time) for event in enrollments(published)} == {
        (PLAN, licensed.modified)
    }


def test_license_that_waits_for_its_plan_announces_nothing(published, commit, room, destination):
    """It is parked, and its plan isn't known for certain."""
    enroll()
    note_license(LICENSE)
    with commit():
        assert outcomes(room, license_(1)) == [Outcome.PARKED]
    assert enrollments(published) == []
    with commit():
        work(room, plan(0))
    assert len(enrollments(published)) == 1


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("second", "outcome", "announced"),
    [(2, Outcome.UNCHANGED, 1), (1, Outcome.UNCHANGED, 1), (0.5, Outcome.STALE, 0)],
)
def test_license_that_comes_again_announces_again(
    published, commit, room, destination, second, outcome, announced
):
    """A worker that died after its commit gets the event again; an older event says nothing."""
    enroll()
    note_license(LICENSE)
    with commit():
        assert outcomes(room, license_(second)) == [outcome]
    assert len(enrollments(published)) == announced


def test_license_that_was_parked_does_not_come_again(
    published, commit, room, destination, django_capture_on_commit_callbacks
):
    """What a crash after its writing has lost, ``publish_enrollments`` publishes."""
    enroll()
    note_license(LICENSE)
    outcomes(room, license_(1))
    with django_capture_on_commit_callbacks():  # and the process dies
        work(room, plan(0))
    with commit():
        assert retry(room) == []
    assert enrollments(published) == []
    with commit():
        publish_enrollments([LICENSE])
    assert len(enrollments(published)) == 1


@pytest.mark.usefixtures("known")
def test_enrollments_are_published_as_of_their_records(published, commit):
    """Not as of now, which would make a change that is under way seem older."""
    enroll()
    licensed = note_license(LICENSE)
    with commit():
        publish_enrollments([LICENSE])
    assert [event.time for event in enrollments(published)] == [licensed.modified]


def test_enrollments_of_unknown_licenses_are_not_published(published, commit):
    """Their plan isn't known; they are announced when the license comes."""
    enroll()
    note_license(LICENSE)
    with commit():
        publish_enrollments([LICENSE])
    assert published == []


def test_many_enrollments_are_read_in_few_queries(
    room, commit, monkeypatch, django_assert_num_queries
):
    """So many licenses at a time; 5 by 2 take 3 queries where none of them pays."""
    monkeypatch.setattr(producer, "_CHUNK", 2)
    with django_assert_num_queries(3), commit():
        publish_enrollments(UUID(int=100 + each) for each in range(5))


@pytest.mark.parametrize("number", [1, 5])
def test_licenses_that_arrive_take_four_queries(
    room, destination, django_capture_on_commit_callbacks, django_assert_num_queries, number
):
    """However many do, and however many enrollments they pay for."""
    work(room, plan(0))
    uuids = [UUID(int=100 + each) for each in range(number)]
    for user_id, uuid in enumerate(uuids, start=1):
        enroll(user_id=user_id)
        note_license(uuid, enterprise_course_enrollment=note_enrollment(user_id))
    with django_capture_on_commit_callbacks() as callbacks:
        outcomes(room, *[license_(1, license_uuid=uuid) for uuid in uuids])
    with django_assert_num_queries(4), django_capture_on_commit_callbacks() as sends:
        for callback in callbacks:
            callback()
    assert len(sends) == number


def test_what_a_destination_writes_is_not_published(published, commit, room, settings):
    """An LMS that consumes its own topic doesn't answer each event by another one."""
    rows = "tests.enterprise_license_sync.producers.rows"
    work(room, plan(0), license_(1))
    enroll()
    destinations = {"licensed-enrollments": f"{rows}.write_to_lms"}
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}
    with commit():
        deliver(room, enrollment_event(2))
        assert LicensedEnterpriseCourseEnrollment.objects.count() == 1
    assert enrollments(published) == []
    with commit():
        LicensedEnterpriseCourseEnrollment.objects.get().save()
    assert len(enrollments(published)) == 1
