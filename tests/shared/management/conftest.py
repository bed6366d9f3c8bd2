"""A cluster for the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, migrated_database


@pytest.fixture
def cluster(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A broker, a registry and a migrated database file for one test."""
    cluster = Cluster(tmp_path, migrated_database(tmp_path, tmp_path_factory))
    yield cluster
    cluster.close()
