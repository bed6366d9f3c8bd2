"""Wakes the plans that wait for their customer's agreement, or for the catalogue that it names.

No event brings these: somebody saves them in License Manager, and there it is told by a signal.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models.signals import post_save

from enterprise_license_sync.hosts.license_manager.plans import AGREEMENTS, CATALOGS, CONSUMER
from shared.conf import get_settings
from shared.models import ParkedEvent
from shared.outcomes import reference

_SUBSCRIPTION_PLANS = "enterprise_license_sync.hosts.license_manager.SUBSCRIPTION_PLANS"


def connect() -> None:
    """Listen to License Manager, where it is, when it saves an agreement."""
    try:
        agreements = apps.get_model("subscriptions.CustomerAgreement")
    except LookupError:
        return  # this is another service
    post_save.connect(_on_saved, sender=agreements)


def _on_saved(*, instance: Any, **_signal: object) -> None:
    # Robust: a plan that isn't woken is tried again by itself, and the save is License Manager's.
    transaction.on_commit(partial(_wake, instance.enterprise_customer_uuid), robust=True)


def _wake(customer: UUID) -> None:
    if get_settings().destinations.get(CONSUMER) == _SUBSCRIPTION_PLANS:
        ParkedEvent.objects.wake([reference(what, (customer,)) for what in (AGREEMENTS, CATALOGS)])
