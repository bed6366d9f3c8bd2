"""Writes what busy and unreliable services would send of plans, licenses and enrollments.

Customers and learners are made up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import attrs
from opaque_keys.edx.keys import CourseKey
from openedx_events.enterprise.data import SubsidyRedemption
from openedx_events.enterprise.signals import SUBSIDY_REDEEMED
from openedx_events.tooling import OpenEdxPublicSignal

from shared.demo import author
from shared.demo.author import Content, Row
from shared.demo.stream import Run, StockEvent
from shared.events.enterprise import signals
from shared.events.enterprise.data import (
    LicenseData,
    LicensedEnrollmentData,
    SubscriptionPlanData,
)

State: TypeAlias = SubscriptionPlanData | LicenseData | LicensedEnrollmentData

_COURSES = [CourseKey.from_string(f"course-v1:DemoX+{name}+2026") for name in ("Algebra", "Botany")]
CUSTOMER = "customer"
"""Whose the plans of a run are: the name of ``Run.uuid``."""

_TRIES = 5
_YEAR = timedelta(days=365)
_TELLS = {
    "unassigned": signals.LICENSE_CREATED,
    "assigned": signals.LICENSE_ASSIGNED,
    "activated": signals.LICENSE_ACTIVATED,
    "revoked": signals.LICENSE_REVOKED,
}
_DATES = {"assigned": "assigned_date", "activated": "activation_date", "revoked": "revoked_date"}


class Author(author.Author[State]):
    """Writes events about plans, their licenses and the enrollments that these pay for.

    The customer whose plans they are is the run's own, and so are the learners. An event about a
    license or an enrollment becomes a new one's first event where there is none yet.
    """

    source = "openedx/license-manager/web"
    sourcehost = "licenses.example.com"

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._made: Counter[str] = Counter()
        self._rows_of: defaultdict[type[State], list[Row[Any]]] = defaultdict(list)
        self._awaited_plans: list[SubscriptionPlanData] = []
        self._awaited_licenses: list[LicenseData] = []

    def says(self, state: State, signal: OpenEdxPublicSignal | None = None) -> Content:
        """Say the whole state, by this event or by one whose name fits."""
        if isinstance(state, SubscriptionPlanData):
            name, fitting = "subscription_plan", signals.SUBSCRIPTION_PLAN_CHANGED
        elif isinstance(state, LicenseData):
            name, fitting = "license", _TELLS.get(state.status, signals.LICENSE_CREATED)
        else:
            name, fitting = "licensed_enrollment", signals.LICENSED_ENROLLMENT_CHANGED
        return Content(signal or fitting, f"{name}.plan_uuid", {name: state})

    def other(self, state: State, **changes: Any) -> State:
        """Return another state of a plan, a license or an enrollment."""
        if isinstance(state, SubscriptionPlanData):
            return attrs.evolve(state, **{**self._of_plan(), **changes})
        if isinstance(state, LicenseData):
            others = [status for status in _TELLS if status != state.status]
            status = changes.setdefault("status", self.random.choice(others))
            return attrs.evolve(state, **{**self._of_license(state, status), **changes})
        return attrs.evolve(state, **{"is_active": not state.is_active, **changes})

    def add(self, state: State) -> Row[State]:
        """Return a new row, to be found among those of its kind."""
        row = super().add(state)
        self._rows_of[type(state)].append(row)
        return row

    def new_plan(self) -> StockEvent:
        """Tell of a new plan."""
        return self._tell_first(self.make_plan(), signals.SUBSCRIPTION_PLAN_CREATED)

    def new_license(self) -> StockEvent:
        """Tell of a new license of a plan that is there."""
        return self._tell_first(self.make_license())

    def new_enrollment(self) -> StockEvent:
        """Tell of a new enrollment, which a license that is there pays for."""
        licenses = self._rows_of[LicenseData]
        if not licenses:
            return self.new_license()
        return self._tell_first(self.make_enrollment(self.random.choice(licenses).state))

    def plan(self, signal: OpenEdxPublicSignal) -> StockEvent:
        """Tell by this event of a change of a plan."""
        return self._tell_by(signal, self.random.choice(self._rows_of[SubscriptionPlanData]))

    def license(self, signal: OpenEdxPublicSignal) -> StockEvent:
        """Tell by this event of a change of a license."""
        if not self._rows_of[LicenseData]:
            return self.new_license()
        return self._tell_by(signal, self._a_license())

    def step(self, before: str, after: str) -> StockEvent:
        """Tell of a license's step to a status, if possible from that one."""
        if not self._rows_of[LicenseData]:
            return self.new_license()
        return self.tell(self.change(self._a_license(before), status=after))

    def late_email(self) -> StockEvent:
        """Tell late of a learner's email that a license had before it became nobody's."""
        if not self._rows_of[LicenseData]:
            return self.new_license()
        row = self._a_license("unassigned")
        return self.tell_late(row, self.says(self.other(row.state, status="assigned")))

    def enrollment(self) -> StockEvent:
        """Tell of a change of an enrollment."""
        enrollments = self._rows_of[LicensedEnrollmentData]
        if not enrollments:
            return self.new_enrollment()
        return self.tell(self.change(self.random.choice(enrollments)))

    def enrollment_first(self) -> StockEvent:
        """Tell of an enrollment whose license and plan are still to come."""
        return self._tell_first(self.make_enrollment(self._await_license()))

    def license_first(self) -> StockEvent:
        """Tell of a license whose plan is still to come, if possible of one that is awaited."""
        if not self._awaited_licenses:
            self._await_license()
        return self._tell_first(self._awaited_licenses.pop(0))

    def awaited_plan(self) -> StockEvent:
        """Tell of a plan that is awaited, if one is."""
        return self._tell_first((self._awaited_plans or [self.make_plan()]).pop(0))

    def orphaned_license(self) -> StockEvent:
        """Tell of a license whose plan never comes."""
        return self.event(self.says(self.make_license(self.make_plan())), self.tick())

    def orphaned_enrollment(self) -> StockEvent:
        """Tell of an enrollment whose license never comes."""
        return self.event(self.says(self.make_enrollment(self.make_license())), self.tick())

    def redemption(self) -> StockEvent:
        """Write an event of a type that openedx-events knows and the room does not consume."""
        redemption = SubsidyRedemption(
            subsidy_identifier=str(self.run.uuid("subsidy")),
            content_key=str(_COURSES[0]),
            lms_user_id=self.run.ids[0],
        )
        said = {"redemption": redemption}
        content = Content(SUBSIDY_REDEEMED, "redemption.subsidy_identifier", said)
        return self.event(content, self.tick())

    def make_plan(self) -> SubscriptionPlanData:
        """Return a plan that was never told of."""
        return SubscriptionPlanData(
            plan_uuid=self._make_uuid("plan"),
            enterprise_customer_uuid=self.run.uuid(CUSTOMER),
            enterprise_catalog_uuid=self.run.uuid("catalog"),
            start_date=self.run.started - _YEAR,
            **self._of_plan(),
        )

    def make_license(self, plan: SubscriptionPlanData | None = None) -> LicenseData:
        """Return a license of this plan, or of one that is there, that was never told of."""
        plan = plan or self.random.choice(self._rows_of[SubscriptionPlanData]).state
        return LicenseData(
            license_uuid=self._make_uuid("license"), plan_uuid=plan.plan_uuid, status="unassigned"
        )

    def make_enrollment(self, license_: LicenseData) -> LicensedEnrollmentData:
        """Return an enrollment that was never told of, of a learner who has no other."""
        self._made["learner"] += 1
        return LicensedEnrollmentData(
            license_uuid=license_.license_uuid,
            plan_uuid=license_.plan_uuid,
            lms_user_id=self.run.ids[self._made["learner"]],
            course_key=self.random.choice(_COURSES),
            mode="verified",
            is_active=True,
            is_revoked=self.random.random() < 0.1,
        )

    def _next_uuid(self, noun: str) -> UUID:
        return self.run.uuid(f"{noun} {self._made[noun]}")

    def _make_uuid(self, noun: str) -> UUID:
        uuid = self._next_uuid(noun)
        self._made[noun] += 1
        return uuid

    def _await_license(self) -> LicenseData:
        plan = self.make_plan()
        self._awaited_plans.append(plan)
        self._awaited_licenses.append(self.make_license(plan))
        return self._awaited_licenses[-1]

    def _tell_first(self, state: State, signal: OpenEdxPublicSignal | None = None) -> StockEvent:
        row = self.add(state)
        return self.tell(row, self.says(state, signal))

    def _tell_by(self, signal: OpenEdxPublicSignal, row: Row[Any]) -> StockEvent:
        news: dict[OpenEdxPublicSignal, dict[str, Any]] = {
            signals.SUBSCRIPTION_PLAN_EXPIRED: {"expiration_date": self.now},
            signals.SUBSCRIPTION_PLAN_RENEWED: {"renewed_to_uuid": self._next_uuid("plan")},
            signals.LICENSE_RENEWED: {"renewed_to_uuid": self._next_uuid("license")},
        }
        self.change(row, **news.get(signal, {}))
        return self.tell(row, self.says(row.state, signal))

    def _a_license(self, status: str = "") -> Row[Any]:
        """Return any license, rather one that has this status."""
        met = [self.random.choice(self._rows_of[LicenseData]) for _ in range(_TRIES)]
        return next((row for row in met if row.state.status == status), met[0])

    def _of_plan(self) -> dict[str, Any]:
        return {
            "title": f"Demo plan, edition {self.random.randrange(1000)}",
            "expiration_date": self.run.started + self.random.randrange(20) * _YEAR / 20,
            "is_active": self.random.random() < 0.9,
            "desired_num_licenses": self.random.randrange(1, 500),
        }

    def _of_license(self, state: LicenseData, status: str) -> dict[str, Any]:
        """Return what a license says that comes to a status: whose it is, and since when."""
        dates = dict.fromkeys(_DATES.values())
        if status not in _DATES:
            return {**dates, "lms_user_id": None, "user_email": None}
        learner = {} if state.user_email else self._a_learner()
        return {**dates, **learner, _DATES[status]: self.now}

    def _a_learner(self) -> dict[str, Any]:
        number = self.random.randrange(1, 1000)
        user_id = self.run.ids[number] if self.random.random() < 0.8 else None
        email = self.random.choice(("learner-{}@example.com", "Learner-{}@Example.com"))
        return {"lms_user_id": user_id, "user_email": email.format(number)}
