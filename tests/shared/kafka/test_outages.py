"""What is down is waited for: nothing skipped, nothing committed, the place in the group kept.

In each test one worker is at work when the outage begins, and another one joins and leaves during
it: the first one goes on by itself afterwards, with all partitions.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from itertools import pairwise
from random import Random

from shared.embedded import EmbeddedRegistry
from tests.cluster import CONSUMER_CONFIG, Cluster
from tests.grades import Grade, stream, table_of
from tests.processes import Process, wait_until

SOON = 5.0
BEFORE = [Grade(learner=learner, partition=learner % 4) for learner in range(1, 40)]
DURING = stream(Random(0), 400)


def at_work(cluster: Cluster, **environment: object) -> Process:
    """Return a worker that has settled its first events."""
    worker = cluster.start(**environment)
    cluster.publish(*BEFORE)
    cluster.wait_until_settled()
    return worker


def let_another_come_and_go(cluster: Cluster, waits_for: str, **environment: object) -> None:
    """Start another worker; told to stop while it waits, it ends at once with nothing committed."""
    other = cluster.start(**environment)
    other.wait_for(waits_for)
    assert other.stop(timeout=SOON) == 0


def assert_said_once_per_step(worker: Process) -> None:
    """Each back-off step has one line; they count up, from 1 for each batch."""
    steps = [int(step) for step in re.findall(r"batch\.waiting .* attempt=(\d+) ", worker.output)]
    assert steps[0] == 1
    assert all(step in (before + 1, 1) for before, step in pairwise(steps))


def test_schema_registry(cluster: Cluster) -> None:
    """A registry that is down, and then answers 500, keeps unseen schemas waiting."""
    worker = at_work(cluster)
    committed = cluster.committed()
    cluster.registry.close()
    cluster.publish(*DURING)
    worker.wait_for("batch.waiting .*The schema registry: .*Connect")
    let_another_come_and_go(cluster, "batch.waiting .*The schema registry: .*Connect")
    cluster.registry = EmbeddedRegistry(cluster.registry.port, cluster.registry.schemas)
    cluster.registry.status = 500
    worker.wait_for("batch.waiting .*The schema registry answered HTTP 500")
    assert cluster.committed() == committed
    cluster.registry.status = None
    cluster.wait_until_settled()
    assert_said_once_per_step(worker)
    assert cluster.table() == table_of([*BEFORE, *DURING])


def test_database(cluster: Cluster) -> None:
    """A database that takes no transaction is tried again, and no event is blamed for it."""
    options = {"DATABASE_TIMEOUT": 0.2, "EVENT_SYNC": {"ISOLATE_AFTER_ATTEMPTS": 2}}
    worker = at_work(cluster, **options)
    committed = cluster.committed()
    with closing(sqlite3.connect(cluster.database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        cluster.publish(*DURING)
        worker.wait_for("batch.waiting .*The database failed: .*SQLITE_BUSY")
        let_another_come_and_go(cluster, "batch.waiting .*The database failed", **options)
        assert cluster.committed() == committed
        connection.execute("ROLLBACK")
    cluster.wait_until_settled()
    assert_said_once_per_step(worker)
    assert "dead" not in cluster.outcomes()
    assert cluster.table() == table_of([*BEFORE, *DURING])


def test_broker(cluster: Cluster) -> None:
    """A broker that goes away comes back to the same worker."""
    worker = at_work(cluster)
    committed = cluster.committed()
    cluster.broker.set_down()
    worker.wait_for(r"broker\.waiting")
    let_another_come_and_go(cluster, r"broker\.waiting")
    cluster.broker.set_up()
    assert cluster.committed() == committed
    cluster.publish(*DURING)
    cluster.wait_until_settled()
    assert cluster.table() == table_of([*BEFORE, *DURING])


def test_broker_that_is_away_for_long(cluster: Cluster) -> None:
    """Clients that find none are replaced, without a trace but the log, until one does."""
    config = CONSUMER_CONFIG | {"socket.connection.setup.timeout.ms": 1000}
    worker = at_work(cluster, EVENT_SYNC_KAFKA_CONSUMER_CONFIG=config)
    # One more for the monitor's client, which isn't replaced, once the broker is away.
    threads = worker.threads + 1
    cluster.broker.set_down()
    wait_until(lambda: worker.output.count("client.renewed") == 5, "the sixth client")
    wait_until(lambda: worker.threads <= threads, "the end of the former clients' threads")
    cluster.broker.set_up()
    cluster.publish(*DURING)
    cluster.wait_until_settled()
    assert cluster.table() == table_of([*BEFORE, *DURING])


def test_database_that_is_not_there_yet(cluster: Cluster) -> None:
    """A worker that starts before its database waits for it."""
    place = cluster.database.parent / "later"
    cluster.publish(*DURING)
    worker = cluster.start(DATABASE_URL=f"sqlite:///{place / cluster.database.name}")
    worker.wait_for("batch.waiting .*The database failed: .*SQLITE_CANTOPEN")
    assert cluster.committed() == {}
    place.mkdir()
    cluster.database = cluster.database.rename(place / cluster.database.name)
    cluster.wait_until_settled()
    assert cluster.table() == table_of(DURING)
