"""Turns what License Manager stores into events of its plans and licenses.

Its models' signals only say which rows were written. They are read once their transaction is
committed, so an event tells what is stored and when that was modified, whatever else the instance
in memory was up to. Bulk methods send no signals: ``docs/how_to/produce_license_events.md`` says
where License Manager has to call ``publish_licenses`` itself. There is no outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from attrs import evolve
from django.apps import apps
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.utils.timezone import now
from openedx_events.tooling import OpenEdxPublicSignal

from shared.events.enterprise import signals
from shared.events.enterprise.data import LicenseData, SubscriptionPlanData
from shared.producing import do_on_commit, harmless, publish_on_commit

Row: TypeAlias = Any
"""A row of ``license_manager.apps.subscriptions.models``, which can't be imported here."""

_CHUNK = 500
_GIVEN = {"assigned": signals.LICENSE_ASSIGNED, "activated": signals.LICENSE_ACTIVATED}


def connect() -> None:
    """Connect the receivers. What is deleted is read before it goes, while it has its key.

    That is within the deletion's transaction, and so in a savepoint: PostgreSQL would abort the
    transaction over a query of ours that fails. Its time is that of sending: a save may be
    committed after the reading, and before the rows go.
    """
    for django_signal, model, receiver in (
        (post_save, "SubscriptionPlan", _publish_saved_plan),
        (post_save, "License", _publish_saved_license),
        (post_save, "SubscriptionPlanRenewal", _publish_saved_renewal),
        (pre_delete, "SubscriptionPlan", _publish_deleted_plan),
        (pre_delete, "License", _publish_deleted_license),
        (post_delete, "SubscriptionPlanRenewal", _publish_deleted_renewal),
    ):
        django_signal.connect(receiver, sender=f"subscriptions.{model}", dispatch_uid=__name__)


def publish_plans(
    plans: Iterable[Row], signal: OpenEdxPublicSignal | None = None, *, time: datetime | None = None
) -> None:
    """Publish, on commit, plans as they are stored, whoever wrote them and when.

    Without a ``signal`` the plan's state says which. ``time`` is one from before a bulk method
    wrote them, for that leaves ``modified`` as it was, and a save that comes meanwhile is to be
    newer; without one ``modified`` counts, for what nobody wrote just now mustn't be newer than a
    save that is under way.
    """
    _publish_plans([plan.pk for plan in plans], signal, time)


def publish_licenses(
    licenses: Iterable[Row],
    signal: OpenEdxPublicSignal | None = None,
    *,
    time: datetime | None = None,
) -> None:
    """Publish, on commit, licenses as they are stored; as ``publish_plans``."""
    _publish_licenses([license_.pk for license_ in licenses], signal, time)


@harmless
def _publish_saved_plan(*, instance: Row, created: bool, **_signal: object) -> None:
    _publish_plans([instance.pk], signals.SUBSCRIPTION_PLAN_CREATED if created else None)


@harmless
def _publish_saved_license(*, instance: Row, created: bool, **_signal: object) -> None:
    _publish_licenses([instance.pk], signals.LICENSE_CREATED if created else None)


@harmless
def _publish_saved_renewal(*, instance: Row, **_signal: object) -> None:
    signal = signals.SUBSCRIPTION_PLAN_RENEWED if instance.processed else None
    _publish_plans([instance.prior_subscription_plan_id], signal)


@harmless
def _publish_deleted_renewal(*, instance: Row, **_signal: object) -> None:
    # Its time goes with it: by its own the plan would seem older than it was with the renewal.
    # Until the commit others still read the renewal, so no earlier time is later than theirs.
    keys = [instance.prior_subscription_plan_id]
    do_on_commit(lambda: _publish_plans(keys, None, now()))


@harmless
@transaction.atomic
def _publish_deleted_plan(*, instance: Row, **_signal: object) -> None:
    data = _plan_data(instance)
    publish_on_commit(signals.SUBSCRIPTION_PLAN_DELETED, time=None, subscription_plan=data)


@harmless
@transaction.atomic
def _publish_deleted_license(*, instance: Row, **_signal: object) -> None:
    data = evolve(_license_data(instance), user_email=None)
    publish_on_commit(signals.LICENSE_DELETED, time=None, license=data)


def _publish_plans(
    keys: list[UUID], signal: OpenEdxPublicSignal | None, time: datetime | None = None
) -> None:
    def send_plans() -> None:
        for plan in _read("SubscriptionPlan", keys, "customer_agreement", "renewal"):
            expired = plan.expiration_processed and signals.SUBSCRIPTION_PLAN_EXPIRED
            publish_on_commit(
                signal or expired or signals.SUBSCRIPTION_PLAN_CHANGED,
                time=_newest(plan.modified, getattr(_renewal_of(plan), "modified", None), time),
                subscription_plan=_plan_data(plan),
            )

    do_on_commit(send_plans)


def _publish_licenses(
    keys: list[UUID], signal: OpenEdxPublicSignal | None, time: datetime | None = None
) -> None:
    def send_licenses() -> None:
        for license_ in _read("License", keys):
            publish_on_commit(
                # One that nobody has was taken from its learner, whatever it is called now.
                signal or _GIVEN.get(license_.status, signals.LICENSE_REVOKED),
                time=_newest(license_.modified, time),
                license=_license_data(license_),
            )

    do_on_commit(send_licenses)


def _read(model: str, keys: list[UUID], *related: str) -> Iterator[Row]:
    """Yield the rows that are still there; one that isn't was announced when it was deleted."""
    rows = apps.get_model("subscriptions", model).objects.select_related(*related or (None,))
    for start in range(0, len(keys), _CHUNK):
        yield from rows.filter(pk__in=keys[start : start + _CHUNK])


def _newest(*times: datetime | None) -> datetime:
    return max(time for time in times if time)


def _renewal_of(plan: Row) -> Row:
    # Django says that there is none by an AttributeError.
    return getattr(plan, "renewal", None)


def _plan_data(plan: Row) -> SubscriptionPlanData:
    """Return the whole plan. One that wants no certain number of licenses has those it has."""
    renewal, wanted = _renewal_of(plan), plan.desired_num_licenses
    is_renewed = renewal is not None and renewal.processed
    return SubscriptionPlanData(
        plan_uuid=plan.uuid,
        title=plan.title,
        enterprise_customer_uuid=plan.customer_agreement.enterprise_customer_uuid,
        start_date=plan.start_date,
        expiration_date=plan.expiration_date,
        is_active=plan.is_active,
        desired_num_licenses=plan.num_licenses if wanted is None else wanted,
        enterprise_catalog_uuid=plan.enterprise_catalog_uuid,
        renewed_to_uuid=renewal.renewed_subscription_plan_id if is_renewed else None,
    )


def _license_data(license_: Row) -> LicenseData:
    """Return the whole license, with the email of a learner who has it and nobody else's."""
    return LicenseData(
        license_uuid=license_.uuid,
        plan_uuid=license_.subscription_plan_id,
        status=license_.status,
        lms_user_id=license_.lms_user_id,
        user_email=license_.user_email if license_.status in _GIVEN else None,
        assigned_date=license_.assigned_date,
        activation_date=license_.activation_date,
        revoked_date=license_.revoked_date,
        renewed_to_uuid=license_.renewed_to_id,
    )
