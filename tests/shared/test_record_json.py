"""A record comes back as it was, types included."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from enterprise_license_sync.records import LicenseStatus
from shared.record_json import decode, encode, values_of


@dataclass(frozen=True)
class Anything:
    """A record of one value."""

    value: Any


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        2**63,
        0.1,
        "",
        "None",
        "é\x00\U0001f4da",
        Decimal("0.70"),
        UUID(int=5),
        date(2026, 5, 1),
        datetime(2026, 5, 1, 12, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=2))),
        LicenseStatus.ASSIGNED,
        ["é\x00", 1.5, None],
        {"type": "UUID", "value": {"enum": "x"}},
    ],
    ids=repr,
)
def test_value_keeps_its_type(value: Any) -> None:
    """What is read is what was written, in plain ASCII, which every database takes."""
    text = encode(Anything, values_of(Anything(value)))
    record_type, values = decode(text)
    assert record_type is Anything
    assert (values["value"], type(values["value"])) == (value, type(value))
    assert text.isascii()
    assert "\x00" not in text


@pytest.mark.parametrize("value", [timedelta(1), (1,), {1}, b""], ids=repr)
def test_other_types_are_refused(value: Any) -> None:
    """A value that would come back as another is none of a record's; the error names its type."""
    with pytest.raises(TypeError, match=type(value).__name__):
        encode(Anything, {"value": value})


def test_value_of_an_enum_that_is_gone() -> None:
    """It can't be read either, and isn't quoted."""
    path = f"{LicenseStatus.__module__}:{LicenseStatus.__qualname__}"
    value = {"enum": path, "value": "lent"}
    text = json.dumps({"record": f"{__name__}:Anything", "values": {"value": value}})
    with pytest.raises(LookupError, match=f"{path} doesn't know a kept value any more"):
        decode(text)


@pytest.mark.parametrize("path", ["tests.nowhere:Record", f"{__name__}:Nothing"])
def test_class_that_is_gone(path: str) -> None:
    """A record of a class that was renamed can't be read, and says which."""
    text = json.dumps({"record": path, "values": {}})
    with pytest.raises(LookupError, match=path):
        decode(text)
