"""A worker that goes on with another client: what that client meets is what a start would meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared import registry
from shared.exceptions import ConfigurationError
from shared.kafka.offsets import Offsets
from shared.kafka.subscription import Subscription
from shared.kafka.worker import Worker
from shared.models import DeadLetter
from tests.cluster import CONSUMER_CONFIG, Cluster
from tests.grades import ROOM, Grade
from tests.shared.kafka.conftest import RunWorker

LoseContact = Callable[..., None]


@pytest.fixture
def lose_contact(monkeypatch: pytest.MonkeyPatch) -> LoseContact:
    """Let a worker's first client lose contact once a condition holds; then something happens."""
    clients: list[Subscription] = []
    leave = Subscription.close

    def lose(once: Callable[[], Any], then: Callable[[], object] = bool) -> None:
        def has_lost_contact(client: Subscription) -> bool:
            if client not in clients:
                clients.append(client)
            return client is clients[0] and bool(once())

        def close(client: Subscription) -> None:
            leave(client)
            if clients == [client]:
                then()

        monkeypatch.setattr(Subscription, "has_lost_contact", property(has_lost_contact))
        monkeypatch.setattr(Subscription, "close", close)

    return lose


@pytest.fixture
def worker(transactional_db: None, event_sync: Callable[..., None]) -> Worker:
    """A worker that has not begun."""
    return Worker(registry.get_room(ROOM))


def test_work_goes_on(
    cluster: Cluster,
    run_worker: RunWorker,
    lose_contact: LoseContact,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is published afterwards is settled, and offsets go on where they were."""
    cluster.publish(Grade())
    lose_contact(cluster.committed, then=lambda: cluster.publish(Grade()))
    run_worker(lambda: cluster.committed() == {0: 2})
    assert cluster.committed() == {0: 2}
    assert caplog.text.count("client.renewed") == 1


def test_dead_letters_that_come_again(
    cluster: Cluster,
    run_worker: RunWorker,
    event_sync: Callable[..., None],
    lose_contact: LoseContact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are no flood: each counts once, though the first client committed no offset."""
    event_sync(FLOOD_RUN=50)
    for _ in range(30):
        cluster.produce(b"garbage", partition=1)
    cluster.flush()
    before: list[dict[int, int]] = []
    commit = Offsets.commit
    monkeypatch.setattr(Offsets, "commit", lambda *_: None)

    def let_commit() -> None:
        before.append(cluster.committed())
        monkeypatch.setattr(Offsets, "commit", commit)

    lose_contact(lambda: DeadLetter.objects.count() == 30, then=let_commit)
    run_worker(lambda: cluster.committed() == {1: 30})
    assert (before, cluster.committed()) == ([{}], {1: 30})
    assert DeadLetter.objects.count() == 30


def test_stop_meanwhile(
    worker: Worker, lose_contact: LoseContact, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that is told to stop while its client leaves makes no other one, and ends."""
    lose_contact(lambda: True, then=worker.stop)
    worker.run()
    assert "worker.stopped" in caplog.text
    assert "client.renewed" not in caplog.text


def test_options_that_are_refused_by_then(worker: Worker, lose_contact: LoseContact) -> None:
    """A certificate that is no longer there, say: the worker ends with that error."""
    tls = {"security.protocol": "ssl", "ssl.ca.location": "/no/longer/there"}
    lose_contact(lambda: True, then=lambda: worker._config.update(tls))
    with pytest.raises(ConfigurationError, match="refuses the consumer's options"):
        worker.run()


def test_patience_that_is_no_number(
    transactional_db: None, event_sync: Callable[..., None]
) -> None:
    """An option that librdkafka would refuse is refused as such, though we read it first."""
    event_sync(
        KAFKA_CONSUMER_CONFIG=CONSUMER_CONFIG | {"socket.connection.setup.timeout.ms": "30s"}
    )
    with pytest.raises(ConfigurationError, match=r"refuses the consumer's options: .*30s"):
        Worker(registry.get_room(ROOM)).run()
