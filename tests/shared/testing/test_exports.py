"""What the kit exports is there when it is asked for, and only then."""

from __future__ import annotations

import pytest

from shared import testing


@pytest.mark.parametrize("name", testing.__all__)
def test_exported_name(name):
    """Each leads to what bears it."""
    assert getattr(testing, name).__name__ == name


def test_name_that_is_not_exported():
    """As of any module."""
    with pytest.raises(AttributeError, match=r"'shared\.testing' has no attribute 'make_room'"):
        _ = testing.make_room
