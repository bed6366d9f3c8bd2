"""Finds what of an event is about people: it is marked in the record, and declared as a learner's.

By openedx-events' own classes, and by the names that events use for the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from openedx_events.learning.data import (
    CertificateData,
    UserNonPersonalData,
    UserPersonalData,
    VerificationAttemptData,
)

from shared.learners import Identity
from shared.startconsumer.event_values import EventValue

_NAMED_IN = (UserPersonalData, CertificateData, VerificationAttemptData)
"""Classes whose ``name`` is that of a person."""
_IDENTITIES: Mapping[str, Identity] = {
    "username": Identity.USERNAME,
    "email": Identity.EMAIL,
    "user_email": Identity.EMAIL,
    "coach_email": Identity.EMAIL,
}


def is_lms_user_id(value: EventValue) -> bool:
    """Return whether it is a user's id in the LMS; a text of that name is somebody else's id."""
    if value.type is not int:
        return False
    is_users = bool(value.record and issubclass(value.record, UserNonPersonalData))
    return value.name in ("lms_user_id", "user_id") or (is_users and value.name == "id")


def identity_of(value: EventValue) -> Identity | None:
    """Return by what it names a person, if it does."""
    if is_lms_user_id(value):
        return Identity.LMS_USER_ID
    return _IDENTITIES.get(value.name) if value.type is str else None


def is_full_name(value: EventValue) -> bool:
    """Return whether it is what a person is called."""
    return value.name == "name" and bool(value.record and issubclass(value.record, _NAMED_IN))


def is_personal(value: EventValue) -> bool:
    """Return whether reports don't show it; ids are no names, as in the other rooms."""
    return is_full_name(value) or identity_of(value) in (Identity.USERNAME, Identity.EMAIL)


def person_of(value: EventValue) -> str:
    """Return the path of the object that is, or has, the person."""
    return value.parent.removesuffix(".pii")
