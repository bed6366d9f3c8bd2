"""The table of ceilings is complete."""

from __future__ import annotations

import pytest

from tests.shared.costs.ceilings import CEILINGS
from tests.shared.costs.samples import SAMPLES


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_every_consumer_has_its_ceilings(database):
    """On every database; a new consumer's are what its first failures tell, and an eighth more."""
    assert CEILINGS[database].keys() == SAMPLES.keys()
