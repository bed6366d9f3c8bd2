"""Samples of the course events, and the rows that they become."""

from __future__ import annotations

from datetime import UTC, datetime

from opaque_keys.edx.keys import CourseKey
from openedx_events.content_authoring.signals import (
    COURSE_CATALOG_INFO_CHANGED,
    COURSE_CREATED,
    COURSE_RERUN_COMPLETED,
)
from openedx_events.tooling import OpenEdxPublicSignal

from discovery_course_run_sync.consumers import COURSE_RUNS
from discovery_course_run_sync.standalone.models import CourseRun
from shared.testing.factories.content_authoring import CourseCatalogFactory, CourseFactory
from tests.contract import bad_values, odd_values
from tests.contract.sample import Bad, Columns, Edits, Odd, Sample, State

START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 6, 1, tzinfo=UTC)


UNDATED: Columns = {"end": None, "enrollment_start": None, "enrollment_end": None}
OPTIONAL_DATES = [f"schedule_data.{name}" for name in UNDATED]
UNWANTED: dict[str, Edits] = {
    "a library": {"course_key": "library-v1:edX+Tests"},
    "a custom course": {"course_key": "ccx-v1:edX+Tests+2026+ccx@1"},
}
PACINGS = {
    "instructor,": "instructor_paced",
    "Instructor-Paced": "instructor_paced",
    "instructor_paced": "instructor_paced",
    "Self-Paced": "self_paced",
    "SELF": "self_paced",
}
"""Odd spellings, and what they are taken for."""


def named(number: int) -> Columns:
    """Return the columns that say which course run it is."""
    return {
        "course_key": f"course-v1:edX{number}+Tests{number}+Run{number}",
        "org": f"edX{number}",
        "number": f"Tests{number}",
        "run": f"Run{number}",
    }


def identify(number: int) -> dict[str, CourseKey]:
    """Return the factories' arguments for such a course run."""
    return {"course_key": CourseKey.from_string(named(number)["course_key"])}


CATALOG_INFO_CHANGED = Sample(
    consumer=COURSE_RUNS,
    signal=COURSE_CATALOG_INFO_CHANGED,
    factory=CourseCatalogFactory,
    model=CourseRun,
    identify=identify,
    named=named,
    says={
        "title": "Tests",
        "start": START,
        "end": END,
        "enrollment_start": datetime(2026, 1, 1, tzinfo=UTC),
        "enrollment_end": datetime(2026, 4, 1, tzinfo=UTC),
        "pacing_type": "instructor_paced",
        "hidden": False,
        "invitation_only": False,
    },
    changes=(
        State(
            fields={"name": "Renamed", "schedule_data__pacing": "self", "hidden": True},
            says={"title": "Renamed", "pacing_type": "self_paced", "hidden": True},
        ),
        State(
            fields={f"schedule_data__{name}": None for name in UNDATED}
            | {"schedule_data__start": END, "invitation_only": True},
            says={**UNDATED, "start": END, "invitation_only": True},
        ),
    ),
    bad={
        **bad_values.course_keys("course_key"),
        **bad_values.texts("name", max_length=255, blank=True),
        **bad_values.times("schedule_data.start"),
        **bad_values.times(*OPTIONAL_DATES, optional=True),
        **bad_values.choices(
            "schedule_data.pacing", "-paced", "instructor-led", "self\0", known="instructor, self"
        ),
        "end before start": Bad(
            "schedule_data.end", "2026-02-28T23:59:59+00:00", "is before start"
        ),
        "end before start in another zone": Bad(
            "schedule_data.end", "2026-03-01T01:00:00+02:00", "is before start"
        ),
        "enrollment_end before enrollment_start": Bad(
            "schedule_data.enrollment_end",
            "2025-12-31T00:00:00+00:00",
            "is before enrollment_start",
        ),
    },
    odd={
        **odd_values.course_keys("course_key"),
        **odd_values.longest_text("name", 255, column="title"),
        **odd_values.nothing(*OPTIONAL_DATES),
        "the parts of a deprecated key": Odd(
            {"course_key": "edX/Tests/2026"},
            {"org": "edX", "number": "Tests", "run": "2026"},
        ),
        **{
            f"pacing {spelling}": Odd({"schedule_data.pacing": spelling}, {"pacing_type": pacing})
            for spelling, pacing in PACINGS.items()
        },
        "no title": Odd({"name": ""}, {"title": ""}),
        "an end at its start": Odd({"schedule_data.end": START.isoformat()}, {"end": START}),
        "a start in another zone": Odd(
            {"schedule_data.start": "2026-03-01T05:30:00+05:30"}, {"start": START}
        ),
        "Studio's default start": Odd(
            {"schedule_data.start": "2030-01-01T00:00:00+00:00", "schedule_data.end": None},
            {"start": datetime(2030, 1, 1, tzinfo=UTC), "end": None},
        ),
        "an end of enrollment without a start": Odd(
            {"schedule_data.enrollment_start": None}, {"enrollment_start": None}
        ),
        "enrollment that ends after the run": Odd(
            {"schedule_data.enrollment_end": "2027-01-01T00:00:00+00:00"},
            {"enrollment_end": datetime(2027, 1, 1, tzinfo=UTC)},
        ),
    },
    unwanted={
        **UNWANTED,
        "a bad value of what isn't wanted": {
            "course_key": "library-v1:edX+Tests",
            "schedule_data.pacing": "",
        },
    },
)


def _creating(signal: OpenEdxPublicSignal) -> Sample:
    return Sample(
        consumer=COURSE_RUNS,
        signal=signal,
        factory=CourseFactory,
        model=CourseRun,
        identify=identify,
        named=named,
        says={
            **UNDATED,
            "title": "",
            "start": None,
            "pacing_type": "",
            "hidden": False,
            "invitation_only": False,
        },
        bad=bad_values.course_keys("course_key"),
        odd=odd_values.course_keys("course_key"),
        unwanted=UNWANTED,
    )


SAMPLES = (CATALOG_INFO_CHANGED, _creating(COURSE_CREATED), _creating(COURSE_RERUN_COMPLETED))
