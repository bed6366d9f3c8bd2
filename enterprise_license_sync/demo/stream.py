"""The demo's stream of plans, licenses and enrollments: which kinds it has, and their shares."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from opaque_keys.edx.keys import CourseKey
from openedx_events.tooling import OpenEdxPublicSignal

from enterprise_license_sync.consumers import TOPIC
from enterprise_license_sync.demo.author import Author
from shared.demo.kinds import TROUBLES, poisonous
from shared.demo.stream import Kind, Planned, Run, schedule, write
from shared.events.enterprise import signals
from shared.outcomes import Outcome

_LIBRARY = CourseKey.from_string("library-v1:DemoX+Library")
_CENTURY = timedelta(days=36_500)

_FAMILY: tuple[Kind[Author], ...] = (
    Kind(name="plan that is waited for", share=20, write=Author.awaited_plan),
    Kind(name="license before its plan", share=20, write=Author.license_first),
    Kind(name="enrollment before its license", share=20, write=Author.enrollment_first),
)
"""Of equal share, parents first: however short a stream is, no child has fewer parents."""


def _plan(what: str, share: int, signal: OpenEdxPublicSignal) -> Kind[Author]:
    return Kind(name=f"plan {what}", share=share, write=lambda author: author.plan(signal))


def _license(what: str, share: int, signal: OpenEdxPublicSignal) -> Kind[Author]:
    return Kind(name=f"license {what}", share=share, write=lambda author: author.license(signal))


def _step(what: str, share: int, before: str, after: str) -> Kind[Author]:
    return Kind(name=what, share=share, write=lambda author: author.step(before, after))


KINDS: tuple[Kind[Author], ...] = (
    Kind(name="new plan", share=60, write=Author.new_plan),
    _plan("changed", 40, signals.SUBSCRIPTION_PLAN_CHANGED),
    _plan("expired", 15, signals.SUBSCRIPTION_PLAN_EXPIRED),
    _plan("renewed", 15, signals.SUBSCRIPTION_PLAN_RENEWED),
    _plan("deleted", 10, signals.SUBSCRIPTION_PLAN_DELETED),
    Kind(name="new license", share=110, write=Author.new_license),
    _step("license assigned", 82, "unassigned", "assigned"),
    _step("license activated", 60, "assigned", "activated"),
    _step("license revoked", 30, "activated", "revoked"),
    _step("license assigned after it was revoked", 15, "revoked", "assigned"),
    _step("license of a learner who has retired", 15, "activated", "unassigned"),
    _license("expired", 10, signals.LICENSE_EXPIRED),
    _license("renewed", 15, signals.LICENSE_RENEWED),
    _license("deleted", 10, signals.LICENSE_DELETED),
    Kind(name="late, with the email of such a learner", share=15, write=Author.late_email),
    Kind(name="new enrollment", share=60, write=Author.new_enrollment),
    Kind(name="enrollment changed", share=36, write=Author.enrollment),
    *_FAMILY,
    Kind(
        name="license whose plan never comes",
        share=5,
        write=Author.orphaned_license,
        ends_as=Outcome.PARKED,
    ),
    Kind(
        name="enrollment whose license never comes",
        share=5,
        write=Author.orphaned_enrollment,
        ends_as=Outcome.PARKED,
    ),
    Kind(
        name="type nobody consumes",
        share=10,
        write=Author.redemption,
        ends_as=Outcome.IGNORED,
    ),
    poisonous(
        "plan's title over 255 characters",
        lambda author: author.untold(author.make_plan(), title="Demo " * 52),
    ),
    poisonous(
        "plan ends before it starts",
        lambda author: author.untold(
            author.make_plan(), expiration_date=author.run.started - _CENTURY
        ),
    ),
    poisonous(
        "fewer licenses than none",
        lambda author: author.untold(author.make_plan(), desired_num_licenses=-1),
    ),
    poisonous(
        "license with a status nobody knows",
        lambda author: author.untold(author.make_license(), status="lent"),
    ),
    poisonous(
        "license with an email that is none",
        lambda author: author.untold(
            author.make_license(), status="assigned", user_email="learner-1"
        ),
    ),
    poisonous(
        "enrollment of a learner below 1",
        lambda author: author.untold(author.make_enrollment(author.make_license()), lms_user_id=-1),
    ),
    poisonous(
        "enrollment in a library",
        lambda author: author.untold(
            author.make_enrollment(author.make_license()), course_key=_LIBRARY
        ),
    ),
    *TROUBLES,
)
"""Every kind and its share; the first needs no other before it."""


def make_stream(run: Run) -> list[Planned]:
    """Write the run's stream."""
    author = Author(run)
    kinds = _children_first([*schedule(KINDS, run.events, author.random)])
    return write(kinds, author, topic=TOPIC)


def _children_first(kinds: list[Kind[Author]]) -> list[Kind[Author]]:
    """Let a child, its parent and its parent's parent follow each other in the family's places."""
    places = [place for place, kind in enumerate(kinds) if kind in _FAMILY]
    counts = Counter(kinds[place].name for place in places)
    ordered = [
        kind
        for generation in range(len(places))
        for kind in reversed(_FAMILY)
        if generation < counts[kind.name]
    ]
    for place, kind in zip(places, ordered, strict=True):
        kinds[place] = kind
    return kinds
