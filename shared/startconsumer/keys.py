"""Guesses which values identify a row, and by which an event is sent to its partition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from opaque_keys import OpaqueKey
from opaque_keys.edx.keys import CourseKey, UsageKey

from shared.exceptions import ConfigurationError
from shared.startconsumer.event_values import EventValue
from shared.startconsumer.kinds import is_identifying
from shared.startconsumer.people import is_lms_user_id

_OWN = ("id", "uuid", "key")

ASKED_FOR = "as asked for"


@dataclass(frozen=True, slots=True)
class KeyGuess:
    """The paths of what identifies a row, and how sure that is."""

    paths: tuple[str, ...]
    reason: str


def guess(values: Sequence[EventValue]) -> KeyGuess:
    """Return what identifies a row. Raises ``ConfigurationError`` if nothing can."""
    required = [value for value in values if _can_be_key(value)]
    for find, reason in _RULES:
        if found := find(required):
            return KeyGuess(tuple(value.path for value in found), reason)
    raise ConfigurationError(
        "The event holds nothing that could identify a row.",
        hint="Name the fields that do with --key; lists and what may be missing can't.",
    )


def bus_key(key: Sequence[EventValue]) -> str:
    """Return the path by which the stock producers' settings most likely spread events.

    It is part of the row's key, so that all events of a row are in one partition.
    """
    by_course = [value.path for value in key if _is_a(value, CourseKey)]
    by_block = [value.path for value in key if _is_a(value, UsageKey)]
    return [*by_course, *by_block, *(value.path for value in key)][0]


def can_be_key(value: EventValue) -> bool:
    """Return whether a value is there in each event, and can be told from another."""
    return not value.optional and value.type is not float and isinstance(value.type, type)


def _can_be_key(value: EventValue) -> bool:
    return can_be_key(value) and value.type is not bool


def _own(values: Sequence[EventValue]) -> list[EventValue]:
    """Return the identity of what the event is about, by its name."""
    return [value for value in values if _is_own(value)][:1]


def _is_own(value: EventValue) -> bool:
    """Return whether it is called ``uuid``, or ``attempt_id`` in an ``idv_attempt``."""
    if value.path.count(".") != 1 or not is_identifying(value):
        return False
    about = value.parent.rpartition("_")[2]
    return value.name in _OWN or value.name in {f"{about}_{own}" for own in _OWN}


def _learner_and_place(values: Sequence[EventValue]) -> list[EventValue]:
    """Return a learner with a block or a course, and the learner's role there, if it has one."""
    learner = [value for value in values if is_lms_user_id(value)][:1]
    place = _place(values)
    roles = [value for value in values if value.name == "role" and value.path.count(".") == 1]
    return [*learner, *place, *roles] if learner and place else []


def _place(values: Sequence[EventValue]) -> list[EventValue]:
    for type_ in (UsageKey, CourseKey):
        if found := [value for value in values if _is_a(value, type_)]:
            return found[:1]
    return []


def _keys(values: Sequence[EventValue]) -> list[EventValue]:
    return [value for value in values if _is_a(value, OpaqueKey)][:1]


def _ids(values: Sequence[EventValue]) -> list[EventValue]:
    nearest = min((value.path.count(".") for value in values), default=0)
    return [v for v in values if is_identifying(v) and v.path.count(".") == nearest]


def _any_ids(values: Sequence[EventValue]) -> list[EventValue]:
    return [value for value in values if is_identifying(value)]


def _all(values: Sequence[EventValue]) -> list[EventValue]:
    short = ("data", "context", "body", "url")
    return [value for value in values if value.name.rpartition("_")[2] not in short]


_RULES: tuple[tuple[Callable[[Sequence[EventValue]], list[EventValue]], str], ...] = (
    (_own, "its own id"),
    (_learner_and_place, "a learner and a place"),
    (_place, "a place"),
    (_keys, "a key"),
    (_ids, "all ids of the event"),
    (_any_ids, "all ids inside the event"),
    (_all, "nothing in the event looks like an id, so this is whatever there is"),
)


def _is_a(value: EventValue, type_: type) -> bool:
    return isinstance(value.type, type) and issubclass(value.type, type_)
