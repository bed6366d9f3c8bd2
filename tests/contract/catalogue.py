"""The samples of every registered room, and the ways in which tests are repeated over them."""

from __future__ import annotations

from importlib import import_module

import pytest

from shared import registry
from shared.consumer import Room
from tests.contract.sample import Sample


def samples_of(room: Room) -> tuple[Sample, ...]:
    """Return what the tests of a room give for samples; ``test_samples`` misses those not given."""
    name = f"tests.{room.name}.samples"
    try:
        samples: tuple[Sample, ...] = import_module(name).SAMPLES
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            return ()
        raise
    return samples


ROOMS = registry.rooms()
SAMPLES = tuple(sample for room in ROOMS for sample in samples_of(room))
CHANGING = tuple(sample for sample in SAMPLES if not sample.route.creates_only)

each_room = pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)
each_changing = pytest.mark.parametrize("sample", CHANGING, ids=str)
each_creating = pytest.mark.parametrize(
    "sample", [sample for sample in SAMPLES if sample.route.creates_only], ids=str
)
each_child = pytest.mark.parametrize(
    "sample", [sample for sample in SAMPLES if sample.parent], ids=str
)
