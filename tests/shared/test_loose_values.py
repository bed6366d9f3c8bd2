"""What is checked of values of which only the type is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from opaque_keys.edx.keys import UsageKey

from shared import loose_values
from shared.exceptions import UnmappableEvent
from tests.shared.startconsumer.odd import Inner

BLOCK = UsageKey.from_string("block-v1:OpenedX+Demo+2026+type@problem+block@1")


def test_good_values_are_as_they_were() -> None:
    """A key becomes its text."""
    assert loose_values.number(-1.5, "x") == -1.5
    assert loose_values.key_text(BLOCK, "x") == str(BLOCK)
    assert loose_values.json_value(["a", 1, None, True], "x") == ["a", 1, None, True]
    assert loose_values.json_value({"a": "\\u0000"}, "x") == {"a": "\\u0000"}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    inner = Inner(id=1, label="\u00e9")
    assert loose_values.json_value([{"a": [BLOCK, UUID(int=1), moment, inner]}], "x") == [
        {
            "a": [
                str(BLOCK),
                str(UUID(int=1)),
                "2026-01-01T00:00:00+00:00",
                {"id": 1, "label": "\u00e9", "number": None},
            ]
        }
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_not_every_database_takes(value: float) -> None:
    """Alone, in a list and in a dictionary."""
    with pytest.raises(UnmappableEvent, match=r"^x: is not a finite number"):
        loose_values.number(value, "x")
    found: list[Any] = [[value], {"a": value}]
    for each in found:
        with pytest.raises(UnmappableEvent, match=r"^x: contains what is not a finite number"):
            loose_values.json_value(each, "x")


@pytest.mark.parametrize("value", [["\0"], {"\0": 1}, {"a": "b\0"}, [["b\0"]]])
def test_a_text_with_a_nul(value: Any) -> None:
    """PostgreSQL's JSON has none."""
    with pytest.raises(UnmappableEvent, match=r"^x: contains a NUL"):
        loose_values.json_value(value, "x")


@pytest.mark.parametrize("value", [dict, [b""], {"a": object()}])
def test_what_json_does_not_have(value: Any) -> None:
    """As a default that was meant to be a factory."""
    with pytest.raises(UnmappableEvent, match=r"^x: contains a \w+, which JSON doesn't have"):
        loose_values.json_value(value, "x")


def test_a_key_that_is_too_long() -> None:
    """For its column."""
    with pytest.raises(UnmappableEvent, match=r"^x: is longer than 20"):
        loose_values.key_text(BLOCK, "x", max_length=20)
