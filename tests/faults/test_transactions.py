"""What a transactional producer leaves between the messages doesn't count as lag."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer

from tests.faults.arena import Arena
from tests.faults.stream import stream
from tests.processes import wait_until

SEED = 20261121


@pytest.fixture
def database(services):
    """One database is enough: nothing here depends on it."""
    return services.postgresql


def end_a_transaction(arena: Arena) -> None:
    """Publish a message that is ignored, and the end of its transaction, which is no message."""
    config = arena.services.kafka.client_config()
    producer = Producer({**config, "transactional.id": arena.name, "log_level": 0})
    producer.init_transactions(30)
    producer.begin_transaction()
    headers: list[tuple[str, str | bytes | None]] = [
        ("ce_id", b"1"),
        ("ce_type", b"org.openedx.tests.nobody.knows.v1"),
    ]
    producer.produce(arena.topic, b"no Avro", partition=0, headers=headers)
    producer.commit_transaction(30)


def test_the_end_of_a_transaction_is_no_lag(arena):
    """A worker commits it as well, the one that is there and the one that finds it."""
    arena.publish(stream(SEED, 100))
    worker = arena.start()
    end_a_transaction(arena)
    wait_until(lambda: arena.committed() == arena.log_ends(), "the end of the transaction")
    assert worker.stop() == 0, worker.tail
    end_a_transaction(arena)
    arena.start()
    wait_until(lambda: arena.committed() == arena.log_ends(), "the end of the second one")
