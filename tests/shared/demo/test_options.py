"""Bad values end in one clear line."""

from __future__ import annotations

from typing import Any

import pytest

from shared.demo import DemoFailed
from shared.demo.options import parse

GOOD: dict[str, Any] = {"events": "10", "seed": "0", "rate": "2.5", "ends": True, "as_json": False}


def test_texts_become_numbers():
    """The command line has texts."""
    options = parse(**GOOD)
    assert (options.events, options.seed, options.rate) == (10, 0, 2.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("events", "0"),
        ("events", "-5"),
        ("events", "many"),
        ("events", "1.5"),
        ("events", "1000001"),
        ("seed", "-1"),
        ("seed", ""),
        ("rate", "-1"),
        ("rate", "nan"),
        ("rate", "inf"),
        ("rate", "fast"),
        ("rate", "1e-12"),
    ],
)
def test_a_bad_value_is_named(name, value):
    """The line names the option and the value."""
    with pytest.raises(DemoFailed) as raised:
        parse(**{**GOOD, name: value})
    assert f"--{name} must be" in str(raised.value)
    assert repr(value) in str(raised.value)
    assert "\n" not in str(raised.value)
