"""What can be wrong with a value of each kind, and what its dead letter says: for samples' tables.

``shared.values`` refuses these, or the decoding does. What a room alone refuses, its samples say.
"""

from __future__ import annotations

from tests.contract.sample import Bad
from tests.wire import WIDE

VERSION = "version@519665f6223ebd6980884f2b"
"""The part of a course key that names one version of a run."""


def texts(path: str, *, max_length: int, blank: bool = False) -> dict[str, Bad]:
    """Return what can't become a text of a column of ``max_length``."""
    return _named(
        Bad(path, "x" * (max_length + 1), f"is longer than {max_length} characters"),
        Bad(path, "x\0", "contains a NUL character"),
        *([] if blank else [Bad(path, "", "is empty")]),
    )


def course_keys(path: str) -> dict[str, Bad]:
    """Return what is no course run's key."""
    return _named(
        Bad(path, "Tests", "opaque_keys.InvalidKeyError"),
        Bad(path, "", "opaque_keys.InvalidKeyError"),
        Bad(path, "lib:edX:Tests", "opaque_keys.InvalidKeyError"),
        Bad(path, f"course-v1:edX+{'x' * 240}+2026", "is longer than 255 characters"),
        *(
            Bad(path, f"course-v1:{key}", "is not the key of a course run")
            for key in (VERSION, f"edX+Tests+2026+{VERSION}", "edX+Tests+2026+branch@draft")
        ),
    )


def uuids(*paths: str, optional: bool = False) -> dict[str, Bad]:
    """Return what is no UUID; an empty one of an optional field is none at all."""
    values = ("4711", "g" * 32, "0" * 33, *([] if optional else [""]))
    return _named(*(Bad(path, value, "ValueError") for path in paths for value in values))


def ids(path: str, *, optional: bool = False) -> dict[str, Bad]:
    """Return what is no id; 0 of an optional field is none at all."""
    return _named(
        Bad(path, -1, "is not a positive 64-bit number"),
        Bad(path, -(2**63), "is not a positive 64-bit number"),
        Bad(path, WIDE, "is not a positive 64-bit number"),
        *([] if optional else [Bad(path, 0, "is not a positive 64-bit number")]),
    )


def counts(path: str) -> dict[str, Bad]:
    """Return what is no number of things."""
    return _named(
        Bad(path, -1, "is below 0"),
        Bad(path, 2**31, "is above 2147483647"),
        Bad(path, WIDE, "is below 0"),
    )


def fractions(path: str) -> dict[str, Bad]:
    """Return what is no number from 0 to 1."""
    return _named(
        Bad(path, float("nan"), "is not a finite number"),
        Bad(path, float("inf"), "is not a finite number"),
        Bad(path, float("-inf"), "is not a finite number"),
        Bad(path, -0.0001, "is not between 0 and 1"),
        Bad(path, 1.0001, "is not between 0 and 1"),
        Bad(path, 9.99995, "is not between 0 and 1"),
    )


def unread_times(*paths: str, optional: bool = False) -> dict[str, Bad]:
    """Return what is no time at all; an empty one of an optional field is none."""
    values = ("soon", "2026-02-30T00:00:00+00:00", *([] if optional else [""]))
    return _named(*(Bad(path, value, "ValueError") for path in paths for value in values))


def times(*paths: str, optional: bool = False) -> dict[str, Bad]:
    """Return what is no moment; an empty one of an optional field is none at all."""
    values = {
        "2026-03-04T05:06:07": "has no time zone",
        "2026-03-04": "has no time zone",
        "0001-01-01T00:00:00+14:00": "is out of range in UTC",
        "9999-12-31T23:59:59-14:00": "is out of range in UTC",
    }
    return unread_times(*paths, optional=optional) | _named(
        *(Bad(path, value, problem) for path in paths for value, problem in values.items())
    )


def choices(path: str, *others: str, known: str) -> dict[str, Bad]:
    """Return what is none of the values that are known, ``others`` among them."""
    return _named(*(Bad(path, value, f"is none of {known}") for value in ("", "x", *others)))


def emails(path: str) -> dict[str, Bad]:
    """Return what is no email address."""
    return _named(
        Bad(path, "learner", "is not an email address"),
        Bad(path, "learner@", "is not an email address"),
        Bad(path, "learner@example.com, x@example.com", "is not an email address"),
        Bad(path, f"{'x' * 60}@{'x' * 60}.{'x' * 60}.{'x' * 60}.{'x' * 60}.com", "is longer than"),
        Bad(path, "learner\0@example.com", "contains a NUL character"),
    )


def _named(*values: Bad) -> dict[str, Bad]:
    named = {f"{bad.path} {_shown(bad.value)}": bad for bad in values}
    assert len(named) == len(values), "Two values look the same."
    return named


def _shown(value: object) -> str:
    text = "2**70" if value == WIDE else repr(value)
    return text if len(text) <= 40 else f"{text[:20]}… of {len(text) - 2}"
