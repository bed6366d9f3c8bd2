"""Plans in License Manager follow their events."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared.events.enterprise.signals import (
    SUBSCRIPTION_PLAN_CREATED,
    SUBSCRIPTION_PLAN_DELETED,
)
from shared.outcomes import Outcome
from tests.hosts.license_manager.events import (
    CATALOG,
    CUSTOMER,
    END,
    OTHER_CUSTOMER,
    OTHER_PLAN,
    PLAN,
    START,
    at,
    committed,
    errors,
    outcomes,
    plan,
    retry,
)
from tests.hosts.license_manager.rows import (
    forget,
    get_plan,
    make_agreement,
    make_plan,
    model,
    save,
)

pytestmark = pytest.mark.django_db

APPLIED, UNCHANGED, STALE = Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE
PARKED, DEAD = Outcome.PARKED, Outcome.DEAD
COLUMNS = (
    "title",
    "start_date",
    "expiration_date",
    "enterprise_catalog_uuid",
    "customer_agreement_id",
    "is_active",
    "desired_num_licenses",
)


def columns(uuid: UUID = PLAN) -> tuple[object, ...]:
    """Return what the plan says."""
    return tuple(getattr(get_plan(uuid), name) for name in COLUMNS)


def test_new_plan_is_made_whole(room):
    """Every column that the event tells is the event's."""
    agreement = make_agreement()
    assert outcomes(room, plan(1, SUBSCRIPTION_PLAN_CREATED)) == [APPLIED]
    assert columns() == ("Tests", START, END, CATALOG, agreement.pk, True, 10)


def test_plan_that_is_there_follows(room):
    """Every column that the event tells is changed."""
    make_plan()
    other = make_agreement(OTHER_CUSTOMER)
    event = plan(
        1,
        title="Other",
        start_date=at(60),
        expiration_date=END + timedelta(days=1),
        enterprise_catalog_uuid=UUID(int=99),
        enterprise_customer_uuid=OTHER_CUSTOMER,
        is_active=False,
        desired_num_licenses=0,
    )
    assert outcomes(room, event) == [APPLIED]
    assert columns() == (
        "Other",
        at(60),
        END + timedelta(days=1),
        UUID(int=99),
        other.pk,
        False,
        0,
    )


def test_plan_that_says_so_already_is_left_alone(room):
    """Neither its time nor its history moves."""
    before = make_plan().modified
    assert outcomes(room, plan(1)) == [UNCHANGED]
    assert (get_plan().modified, get_plan().history.count()) == (before, 1)


def test_redelivered_event_changes_nothing(room):
    """The row, its time and its history stay as they were."""
    make_agreement()
    event = plan(1)
    outcomes(room, event)
    before = get_plan()
    assert outcomes(room, event) == [UNCHANGED]
    assert (get_plan().modified, get_plan().history.count()) == (before.modified, 1)


def test_older_event_is_stale(room):
    """What the newer one said stays."""
    make_agreement()
    assert outcomes(room, plan(2, title="New")) == [APPLIED]
    assert outcomes(room, plan(1, title="Old")) == [STALE]
    assert get_plan().title == "New"


def test_any_order_of_arrival_gives_the_same_plan(room):
    """The newest counts, in one batch or in several."""
    make_agreement()
    told = [
        plan(1, SUBSCRIPTION_PLAN_CREATED, title="First"),
        plan(2, title="Second", is_active=False),
        plan(3, title="Third", desired_num_licenses=3),
    ]
    found = set()
    for order in permutations(told):
        for batches in ([order], [[event] for event in order]):
            for batch in batches:
                outcomes(room, *batch)
            found.add(columns())
            forget("SubscriptionPlan")
    assert [each[:1] + each[5:] for each in found] == [("Third", True, 3)]


def test_each_change_leaves_its_history(room):
    """With the reason that it came by event."""
    make_agreement()
    outcomes(room, plan(1), plan(2, title="Other"))
    entries = get_plan().history.order_by("history_id")
    assert [(entry.title, entry.history_change_reason) for entry in entries] == [
        ("Tests", "event bus"),
        ("Other", "event bus"),
    ]


def test_deleted_plan_is_inactive(room):
    """License Manager has no word for it, and a plan that were gone would take its licenses."""
    make_plan()
    assert outcomes(room, plan(1, SUBSCRIPTION_PLAN_DELETED)) == [APPLIED]
    assert get_plan().is_active is False
    assert outcomes(room, plan(0)) == [STALE]


def test_plan_waits_for_its_agreement(room):
    """Parked, and applied by itself once somebody has made the agreement."""
    assert outcomes(room, plan(1)) == [PARKED]
    make_agreement()
    assert retry(room, after=timedelta(seconds=1)) == [APPLIED]


def test_plan_is_woken_by_its_agreement(room):
    """At once, however long it has waited, and by its own customer's only."""
    assert outcomes(room, plan(1, enterprise_catalog_uuid=None)) == [PARKED]
    for _ in range(4):
        retry(room, after=timedelta(hours=1))
    with committed():
        make_agreement(OTHER_CUSTOMER)
    assert retry(room) == []
    with committed():
        agreement = make_agreement()
    assert retry(room) == [PARKED]
    assert retry(room) == []
    agreement.default_enterprise_catalog_uuid = CATALOG
    with committed():
        agreement.save()
    assert retry(room) == [APPLIED]


def test_agreement_wakes_nothing_where_the_room_writes_elsewhere(room, settings):
    """Its tables may not even be there."""
    settings.EVENT_SYNC = {"DESTINATIONS": {}}
    with CaptureQueriesContext(connection) as queries, committed():
        make_agreement()
    assert not [each for each in queries if "event_sync" in each["sql"]]


def test_agreement_is_made_where_that_is_wanted(room, configure):
    """Once; the plan is its."""
    configure(subscription_plans={"CREATE_AGREEMENTS": True, "MAKE_LICENSES": False})
    second = plan(2, plan_uuid=OTHER_PLAN, title="Other")
    assert outcomes(room, plan(1), second) == [APPLIED, APPLIED]
    [agreement] = model("CustomerAgreement").objects.all()
    assert agreement.enterprise_customer_uuid == CUSTOMER
    assert get_plan(OTHER_PLAN).customer_agreement == agreement


def test_plan_without_catalogue_has_its_agreements(room):
    """As License Manager itself does; one that is there keeps its own."""
    make_agreement(default_enterprise_catalog_uuid=UUID(int=99))
    assert outcomes(room, plan(1, enterprise_catalog_uuid=None)) == [APPLIED]
    assert get_plan().enterprise_catalog_uuid == UUID(int=99)
    make_plan(OTHER_PLAN, title="Other")
    other = {"plan_uuid": OTHER_PLAN, "title": "Other", "enterprise_catalog_uuid": None}
    assert outcomes(room, plan(2, **other)) == [UNCHANGED]


@pytest.mark.parametrize("create", [False, True])
def test_plan_waits_for_a_catalogue(room, configure, create):
    """Neither the event nor the agreement has one; no agreement is made meanwhile."""
    configure(subscription_plans={"CREATE_AGREEMENTS": create})
    if not create:
        make_agreement()
    assert outcomes(room, plan(1, enterprise_catalog_uuid=None)) == [PARKED]
    assert model("CustomerAgreement").objects.count() == (not create)


def test_what_license_manager_refuses_is_named(room):
    """A title that is taken, or longer than its column, is told by its field."""
    make_plan(OTHER_PLAN, title="Taken")
    assert errors(room, plan(1, title="Taken"), plan(2, title="x" * 129)) == [
        "subscription_plan.title: is refused by License Manager: unique_together",
        "subscription_plan.title: is refused by License Manager: max_length",
    ]


def test_number_that_nobody_wanted_stays_unwanted(room):
    """A plan that wants no certain number is told with those it has."""
    make_plan(desired_num_licenses=None)
    assert outcomes(room, plan(1, desired_num_licenses=0)) == [UNCHANGED]
    assert get_plan().desired_num_licenses is None
    assert outcomes(room, plan(2, desired_num_licenses=2)) == [APPLIED]
    assert get_plan().desired_num_licenses == 2


def test_new_plans_have_what_the_options_say(room, configure):
    """The model itself takes none: only License Manager's form and API insist."""
    line_item = "00k000000000000001"
    configure(subscription_plans={"SALESFORCE_LINE_ITEM": line_item, "MAKE_LICENSES": False})
    make_plan(OTHER_PLAN, title="Other")
    outcomes(room, plan(1), plan(2, plan_uuid=OTHER_PLAN, title="Another"))
    assert get_plan().salesforce_opportunity_line_item == line_item
    assert get_plan(OTHER_PLAN).salesforce_opportunity_line_item is None


def test_product_that_is_not_there_is_named(room, configure):
    """An option that License Manager can't follow doesn't end in a broken row."""
    configure(subscription_plans={"PRODUCT": 4711})
    make_agreement()
    assert errors(room, plan(1)) == [
        "subscription_plan.product: is refused by License Manager: invalid"
    ]


def test_licenses_of_a_new_plan_are_made(room, configure):
    """By License Manager, up to the number that is wanted, and once."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    make_agreement()
    event = plan(1, desired_num_licenses=3)
    for _ in range(2):
        outcomes(room, event)
    assert get_plan().num_licenses == 3
    outcomes(room, plan(2, desired_num_licenses=5))
    assert get_plan().num_licenses == 5


def test_licenses_that_come_by_event_are_not_made(room):
    """There would be each of them twice."""
    make_agreement()
    outcomes(room, plan(1, desired_num_licenses=3))
    assert get_plan().num_licenses == 0


def test_later_change_by_license_manager_stays(room):
    """An event from before it is stale; one from after it counts."""
    row = make_plan()
    row.title = "By hand"
    save(row, when=at(10))
    assert outcomes(room, plan(9, title="Late")) == [STALE]
    assert get_plan().title == "By hand"
    assert outcomes(room, plan(11, title="Newer")) == [APPLIED]
    assert outcomes(room, plan(12, title="Newest")) == [APPLIED]
    assert get_plan().title == "Newest"


def test_later_change_of_something_else_is_no_hindrance(room):
    """License Manager processed the plan's end before an event of its title came."""
    row = make_plan()
    row.expiration_processed = True
    save(row, when=at(10))
    assert outcomes(room, plan(9, title="Late")) == [APPLIED]
    assert (get_plan().title, get_plan().expiration_processed) == ("Late", True)


@pytest.mark.parametrize("late", [False, True])
def test_only_what_license_manager_changed_later_stays(room, configure, late):
    """The event's other columns are written, whichever comes first; the row then is the same."""
    configure(subscription_plans={"MAKE_LICENSES": True})
    make_plan()
    event = plan(9, title="Late", desired_num_licenses=3, is_active=False)

    def change_by_hand():
        row = get_plan()
        row.title = "By hand"
        save(row, when=at(10))

    if late:
        change_by_hand()
    assert outcomes(room, event) == [APPLIED]
    if not late:
        change_by_hand()
    assert (columns()[0], columns()[5:], get_plan().num_licenses) == ("By hand", (False, 3), 3)
    assert outcomes(room, event) == [UNCHANGED]


def test_event_of_which_nothing_is_left_is_stale(room):
    """All that it would change was changed later: the row is left alone."""
    row = make_plan()
    row.title, row.is_active = "By hand", False
    save(row, when=at(10))
    before = get_plan().modified
    assert outcomes(room, plan(9, title="Late", is_active=True)) == [STALE]
    assert (get_plan().modified, get_plan().title) == (before, "By hand")


def test_term_stays_whole(room):
    """Of the event's first day and License Manager's last one, the end might come first."""
    row = make_plan()
    row.expiration_date = START + timedelta(days=30)
    save(row, when=at(10))
    late = {"start_date": START + timedelta(days=60), "expiration_date": END, "title": "Late"}
    assert outcomes(room, plan(9, **late)) == [APPLIED]
    assert columns()[:3] == ("Late", START, START + timedelta(days=30))


def test_whole_history_of_a_plan_does_not_take_it_back(room):
    """A service that has the plan starts to consume at the topic's beginning."""
    row = make_plan(title="First")
    row.title = "Second"
    save(row, when=at(10))
    told = [plan(0, title="First"), plan(5, title="Between"), plan(10, title="Second")]
    assert outcomes(room, *told) == [STALE, STALE, UNCHANGED]
    assert get_plan().title == "Second"
