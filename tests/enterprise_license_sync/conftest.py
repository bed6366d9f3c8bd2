"""What the room's tests share: the room, and a cluster for its worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import registry
from shared.consumer import Room
from tests.cluster import Cluster, migrated_database
from tests.enterprise_license_sync.events import ROOM, TOPIC


@pytest.fixture
def room() -> Room:
    """The room, as its application registered it."""
    return registry.get_room(ROOM)


@pytest.fixture
def cluster(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A broker with the room's topic, a registry and a migrated database file for one test."""
    cluster = Cluster(tmp_path, migrated_database(tmp_path, tmp_path_factory))
    cluster.broker.create_topic(TOPIC)
    yield cluster
    cluster.close()
