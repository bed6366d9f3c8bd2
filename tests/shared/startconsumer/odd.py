"""Events as nobody writes them, and as somebody may: names that are taken, and every type."""

import datetime as dt
from uuid import UUID

import attr
from opaque_keys.edx.keys import CourseKey
from openedx_events.learning.data import CourseData, UserData
from openedx_events.tooling import OpenEdxPublicSignal


@attr.s(frozen=True)
class Inner:
    """A part that may lack, and has one that may."""

    id = attr.ib(type=int)
    label = attr.ib(type=str, default=None)
    number = attr.ib(type=float, default=None)


@attr.s(frozen=True)
class Outer:
    """A part with two of the same names."""

    id = attr.ib(type=int)
    inner = attr.ib(type=Inner, default=None)
    moments_in_the_life_of_what_is_told_here = attr.ib(type=dt.datetime, default=None)


@attr.s(frozen=True)
class OddData:
    """Names that Python, Django or a record has already, and types that few events have."""

    id = attr.ib(type=UUID)
    pk = attr.ib(type=int)
    key = attr.ib(type=str)
    class_ = attr.ib(type=str)
    two__parts = attr.ib(type=str)
    created = attr.ib(type=dt.datetime)
    datetime = attr.ib(type=dt.datetime)
    objects = attr.ib(type=list[str])
    numbers = attr.ib(type=list[float])
    flags = attr.ib(type=dict[str, bool])
    counts = attr.ib(type=dict[str, int])
    ratio = attr.ib(type=float)
    Case = attr.ib(type=str)
    case = attr.ib(type=str)
    data = attr.ib(type=str)
    license = attr.ib(type=Outer, default=None)
    values = attr.ib(type=Outer, default=None)
    a_name_that_is_so_long_that_no_database_would_take_it_for_a_column_of_its_own = attr.ib(
        type=int, default=None
    )
    user = attr.ib(type=UserData, default=None)


@attr.s(frozen=True)
class Raw:
    """What has a schema, and can't be sent."""

    id = attr.ib(type=int)
    raw = attr.ib(type=bytes)


@attr.s(frozen=True)
class Flags:
    """Nothing that could identify anything."""

    is_on = attr.ib(type=bool)
    notes = attr.ib(type=list[str])


ODD_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.tests.odd.changed.v1", data={"odd": OddData}
)
ODD_CHANGED_2 = OpenEdxPublicSignal(
    event_type="org.openedx.tests.odd.changed.v2", data={"odd": OddData}
)
PAIR_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.tests.pair.changed.v1", data={"first": CourseData, "second": UserData}
)
PLAIN_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.tests.plain.changed.v1",
    data={"user_id": int, "course_key": CourseKey, "mode": str},
)
KEYLESS_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.tests.keyless.changed.v1", data={"flags": Flags}
)
RAW_CHANGED = OpenEdxPublicSignal(event_type="org.openedx.tests.raw.changed.v1", data={"raw": Raw})
