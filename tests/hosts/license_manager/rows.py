"""Rows of License Manager, as it made them before any event came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.apps import apps

from shared.models import AppliedEvent
from tests.hosts.license_manager.events import CATALOG, CUSTOMER, END, LICENSE, PLAN, START

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def model(name: str) -> Any:
    """Return a model of License Manager."""
    return apps.get_model("subscriptions", name)


def save(row: Any, *, when: datetime = LONG_AGO) -> Any:
    """Save a row as License Manager does, at a time."""
    row._history_date = when
    row.save()
    return row


def make_agreement(customer: UUID = CUSTOMER, **fields: Any) -> Any:
    """Save the customer's agreement."""
    agreements = model("CustomerAgreement")
    found = agreements.objects.filter(enterprise_customer_uuid=customer).first()
    slug = f"customer-{customer.int}"
    return found or save(
        agreements(enterprise_customer_uuid=customer, **{"enterprise_customer_slug": slug} | fields)
    )


def make_plan(uuid: UUID = PLAN, **fields: Any) -> Any:
    """Save a plan of the customer that is as the events say."""
    defaults = {
        "title": "Tests",
        "start_date": START,
        "expiration_date": END,
        "enterprise_catalog_uuid": CATALOG,
        "customer_agreement": make_agreement(),
        "is_active": True,
        "desired_num_licenses": 10,
    }
    return save(model("SubscriptionPlan")(uuid=uuid, **defaults | fields))


def make_license(uuid: UUID = LICENSE, **fields: Any) -> Any:
    """Save a license that nobody has, of the plan unless another is given."""
    plans = model("SubscriptionPlan").objects
    if "subscription_plan" not in fields:
        fields["subscription_plan"] = plans.filter(pk=PLAN).first() or make_plan()
    return save(model("License")(uuid=uuid, **fields))


def get_plan(uuid: UUID = PLAN) -> Any:
    """Return the plan as it is stored."""
    return model("SubscriptionPlan").objects.get(pk=uuid)


def get_license(uuid: UUID = LICENSE) -> Any:
    """Return the license as it is stored."""
    return model("License").objects.get(pk=uuid)


def forget(name: str) -> None:
    """Empty one of License Manager's tables, with its past, as if no event had ever come."""
    model(name).objects.all().delete()
    model(name).history.all().delete()
    AppliedEvent.objects.all().delete()
