"""What the room's tests share: the room."""

from __future__ import annotations

import pytest

from shared import registry
from shared.consumer import Room


@pytest.fixture
def room() -> Room:
    """The room, as its application registered it."""
    return registry.get_room("credentials_grades_sync")
