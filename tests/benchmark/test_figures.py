"""The arithmetic on what was measured."""

from __future__ import annotations

import pytest

from tests.benchmark.figures import Spread, median, percentile, ratio, rounded


@pytest.mark.parametrize(
    ("values", "middle"), [([3], 3), ([9, 1, 5], 5), ([1, 2, 4, 100], 3), ([2, 2, 8, 8], 5)]
)
def test_median(values, middle):
    """The middle one, whatever the order; between two, their mean."""
    assert median(values) == middle


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_percentile(share, value):
    """A value that was measured, which that share doesn't exceed."""
    assert percentile(list(range(100, 0, -1)), share) == value


def test_percentile_of_few_values():
    """The highest, where the share is more than all but one."""
    assert percentile([7, 5], 0.99) == 7


def test_spread():
    """Median, lowest and highest, in any order."""
    assert Spread.of([5, 1, 30]) == Spread(5, 1, 30)


def test_ratio_is_of_medians():
    """A round that went wrong for one of them doesn't make the ratio."""
    assert ratio([1, 100, 110], [9, 10, 1000]) == 10


@pytest.mark.parametrize(
    ("value", "told"), [(12345, 12300), (0.012345, 0.0123), (99.96, 100), (0, 0), (-15.44, -15.4)]
)
def test_three_digits(value, told):
    """More would pretend to know more."""
    assert rounded(value) == told
