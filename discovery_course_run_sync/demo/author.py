"""Writes course events as a busy and unreliable Studio would send them. Courses are made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from ccx_keys.locator import CCXLocator
from opaque_keys.edx.keys import CourseKey
from openedx_events.content_authoring.data import (
    CourseCatalogData,
    CourseData,
    CourseScheduleData,
    XBlockData,
)
from openedx_events.content_authoring.signals import (
    COURSE_CATALOG_INFO_CHANGED,
    COURSE_CREATED,
    COURSE_RERUN_COMPLETED,
    XBLOCK_PUBLISHED,
)
from openedx_events.tooling import OpenEdxPublicSignal

from shared.demo import author
from shared.demo.author import Content, Row
from shared.demo.stream import StockEvent

_ORG = "DemoX"
_SUBJECTS = ("Algebra", "Botany", "Ceramics")
_TERM = datetime(2026, 1, 5, tzinfo=UTC)
_WEEK = timedelta(weeks=1)
_PACINGS = ("instructor", "self")
_ODD_PACINGS = ("instructor,", "Self-Paced")
_NO_DATES = {"end": None, "enrollment_start": None, "enrollment_end": None}


class Author(author.Author[CourseCatalogData]):
    """Writes events about course runs. The run's name is the last part of their keys."""

    source = "openedx/cms/web"
    sourcehost = "studio.example.com"

    def says(self, state: CourseCatalogData) -> Content:
        """Say all that a catalogue shows."""
        key_field = "catalog_info.course_key"
        return Content(COURSE_CATALOG_INFO_CHANGED, key_field, {"catalog_info": state})

    def other(self, state: CourseCatalogData, **changes: Any) -> CourseCatalogData:
        """Return the course run as it may be published next; changes of its schedule included."""
        names = attrs.fields_dict(CourseScheduleData)
        dates = {name: changes.pop(name) for name in names if name in changes}
        course = attrs.evolve(
            state,
            name=f"Demo course, edition {self.random.randrange(1000)}",
            schedule_data=attrs.evolve(self._schedule(), **dates),
            hidden=self.random.random() < 0.1,
            invitation_only=self.random.random() < 0.2,
        )
        return attrs.evolve(course, **changes)

    def first_publication(self) -> StockEvent:
        """Publish a course run that was never told of."""
        return self.tell(self._new_row())

    def created(self) -> StockEvent:
        """Say of a course run that it is there, before it is published."""
        return self._say_it_is_there(self._new_row(), COURSE_CREATED)

    def rerun(self) -> StockEvent:
        """Say of a course run that it was made from another, before it is published."""
        return self._say_it_is_there(self._new_row(), COURSE_RERUN_COMPLETED)

    def created_late(self) -> StockEvent:
        """Say of a course run that it is there, after it was told of, and with a newer time."""
        return self._say_it_is_there(self.any_row(), COURSE_CREATED)

    def publication(self) -> StockEvent:
        """Publish a course run again."""
        return self.tell(self.change(self.any_row()))

    def emptied_dates(self) -> StockEvent:
        """Publish a course run that has lost its optional dates."""
        return self.tell(self.change(self.any_row(), **_NO_DATES))

    def odd_pacing(self) -> StockEvent:
        """Publish a course run whose pacing is spelled as in Discovery's own samples."""
        return self.tell(self.change(self.any_row(), pacing=self.random.choice(_ODD_PACINGS)))

    def key_in_other_case(self) -> StockEvent:
        """Publish a course run with its key in other letters, large or small."""
        row = self.any_row()
        key = row.state.course_key
        return self.tell(self.change(row, course_key=key.replace(course=key.course.swapcase())))

    def same_time(self) -> StockEvent:
        """Publish a course run twice within the precision of Studio's clock."""
        return self.tell_at_once(self.change(self.any_row()))

    def library(self) -> StockEvent:
        """Say of a library that it is there."""
        key = CourseKey.from_string(f"library-v1:{_ORG}+{self.run.name}")
        return self.event(_is_there(key, COURSE_CREATED), self.tick())

    def custom_course(self) -> StockEvent:
        """Publish a custom course, which shares the catalogue entry of its course run."""
        state = self.any_row().state
        return self.untold(state, course_key=CCXLocator.from_course_locator(state.course_key, "1"))

    def block_published(self) -> StockEvent:
        """Write an event of a type that openedx-events knows and the room does not consume."""
        key = self.any_row().state.course_key.make_usage_key("course", "course")
        block = XBlockData(usage_key=key, block_type="course")
        content = Content(XBLOCK_PUBLISHED, "xblock_info.usage_key", {"xblock_info": block})
        return self.event(content, self.tick())

    def _say_it_is_there(
        self, row: Row[CourseCatalogData], signal: OpenEdxPublicSignal
    ) -> StockEvent:
        return self.tell(row, _is_there(row.state.course_key, signal))

    def _new_row(self) -> Row[CourseCatalogData]:
        number, subject = divmod(len(self.rows), len(_SUBJECTS))
        key = f"course-v1:{_ORG}+{_SUBJECTS[subject]}-{number}+{self.run.name}"
        blank = CourseCatalogData(
            course_key=CourseKey.from_string(key), name="", schedule_data=self._schedule()
        )
        return self.add(self.other(blank))

    def _schedule(self) -> CourseScheduleData:
        start = _TERM + self.random.randrange(20) * _WEEK
        return CourseScheduleData(
            start=start,
            pacing=self.random.choice(_PACINGS),
            end=self.random.choice((None, start + 12 * _WEEK)),
            enrollment_start=self.random.choice((None, start - 8 * _WEEK)),
            enrollment_end=self.random.choice((None, start + 2 * _WEEK)),
        )


def _is_there(key: CourseKey, signal: OpenEdxPublicSignal) -> Content:
    return Content(signal, "course.course_key", {"course": CourseData(course_key=key)})
