"""What the room's tests share: the room, and the bus's bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared import registry
from shared.consumer import Room
from tests.wire import Wire, running_wire


@pytest.fixture
def room() -> Room:
    """The room, as its application registered it."""
    return registry.get_room("credentials_grades_sync")


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """Producer, registry and decoder."""
    with running_wire() as running:
        yield running
