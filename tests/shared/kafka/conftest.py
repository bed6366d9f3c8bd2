"""Clusters, and workers that run inside the test process on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from edx_event_bus_kafka.internal.config import get_schema_registry_client

from shared import registry
from shared.consumer import Mode
from shared.kafka.worker import Worker
from tests.cluster import CONSUMER_CONFIG, Cluster, migrated_database
from tests.grades import ROOM
from tests.processes import PATIENCE
from tests.stage import SetStage, Stage

RunWorker = Callable[..., Worker]


@pytest.fixture
def cluster(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A broker, a registry and a migrated database file for one test."""
    cluster = Cluster(tmp_path, migrated_database(tmp_path, tmp_path_factory))
    yield cluster
    cluster.close()


@pytest.fixture
def event_sync(cluster: Cluster, settings: Any) -> Callable[..., None]:
    """Point this process at the cluster; returns what changes ``EVENT_SYNC``."""
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = cluster.broker.bootstrap_servers
    settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = cluster.registry.url

    def change(**values: Any) -> None:
        settings.EVENT_SYNC = settings.EVENT_SYNC | values

    change(KAFKA_CONSUMER_CONFIG=CONSUMER_CONFIG)
    return change


@pytest.fixture
def set_stage(db: None, cluster: Cluster, event_sync: Callable[..., None]) -> Iterator[SetStage]:
    """Let a room perform on the cluster."""
    with get_schema_registry_client():  # the stock producer's, which it never closes
        yield partial(Stage, cluster)


@pytest.fixture
def run_worker(transactional_db: None, event_sync: Callable[..., None]) -> RunWorker:
    """Run a room's worker in this process until a condition holds."""

    def run(until: Callable[[], Any], room_name: str = ROOM, mode: Mode = Mode.LIVE) -> Worker:
        worker = Worker(registry.get_room(room_name), mode=mode)
        watcher = Thread(target=_stop_when, args=(worker, until), daemon=True)
        watcher.start()
        try:
            worker.run()
        finally:
            worker.stop()
            watcher.join()
        return worker

    return run


def _stop_when(worker: Worker, until: Callable[[], Any]) -> None:
    patience = monotonic() + PATIENCE
    try:
        while not worker._stop.is_made and monotonic() < patience:
            # Of a database in memory a table is locked for one thread while another writes it.
            with suppress(OperationalError):
                if until():
                    break
            sleep(0.02)
    finally:
        # This thread's own. One to a database in memory Django's own close() would leave open.
        BaseDatabaseWrapper.close(connections["default"])
        worker.stop()
