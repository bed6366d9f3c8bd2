"""What the contract's tests share: the bus's bytes, and a sample on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.bench import Bench
from tests.contract.sample import Sample
from tests.wire import Wire, running_wire


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """Producer, registry and decoder."""
    with running_wire() as running:
        yield running


@pytest.fixture
def orphan(wire: Wire, sample: Sample) -> Bench:
    """The sample on the wire, on empty tables."""
    return Bench(wire, sample)


@pytest.fixture
def bench(orphan: Bench, db: None) -> Bench:
    """The sample on the wire; the parents of its first rows are there."""
    orphan.bring_parents(1, 2, 3)
    return orphan
