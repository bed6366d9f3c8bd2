"""A worker's membership in its group, on the embedded broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from threading import Event
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_INVALID, KafkaError, KafkaException, TopicPartition

from shared.consumer import Mode
from shared.exceptions import FatalError, OffsetOutOfRange
from shared.kafka import subscription as subscription_module
from shared.kafka.config import consumer_config
from shared.kafka.coverage import Coverage
from shared.kafka.offsets import Partition
from shared.kafka.subscription import Subscription
from shared.kafka.vitals import Vitals
from shared.messages import Message
from tests.cluster import Cluster
from tests.grades import ROOM, TOPIC, Grade
from tests.processes import wait_until
from tests.protocol import let_fail

GROUP = "tests"
OFFSET_COMMIT, OFFSET_FETCH, JOIN_GROUP, HEARTBEAT = 8, 9, 11, 12


class Member:
    """A subscription and what it was told."""

    def __init__(self, **config: Any) -> None:
        self.gone: set[Partition] = set()
        self.is_stopping = False
        self.subscription = Subscription(
            consumer_config(GROUP) | config,
            Coverage({TOPIC: ["user-grades"]}, group=GROUP, room=ROOM),
            on_gone=self.gone.update,
            is_stopping=lambda: self.is_stopping,
            vitals=Vitals(worker="a worker", room="a room", group=GROUP, mode=Mode.LIVE),
        )

    @property
    def partitions(self) -> set[int]:
        """The numbers of the partitions that are its own."""
        return {number for _, number in self.subscription._owned}

    def take(self, count: int, size: int = 100) -> list[Message]:
        """Take until there are so many messages."""
        taken: list[Message] = []

        def is_enough() -> bool:
            taken.extend(self.subscription.take(size, 0.1))
            return len(taken) >= count

        wait_until(is_enough, f"{count} messages")
        return taken

    def close(self) -> None:
        """Leave the group, unless that is done."""
        if not self.is_stopping:
            self.is_stopping = True
            self.subscription.close()

    def take_nothing(self) -> None:
        """Take for a moment and see that nothing comes."""
        assert [self.subscription.take(100, 0.1) for _ in range(3)] == [[], [], []]


@pytest.fixture
def join(event_sync: Callable[..., None]) -> Iterator[Callable[..., Member]]:
    """Let members join the group."""
    with ExitStack() as members:

        def join(**config: Any) -> Member:
            member = Member(**config)
            members.callback(member.close)
            return member

        yield join


def places(messages: list[Message]) -> set[tuple[int, int]]:
    """Return the partition and offset of each message."""
    return {(message.partition, message.offset) for message in messages}


@pytest.mark.parametrize("assignor", ["cooperative-sticky", "range"])
def test_new_group_starts_at_the_oldest_event(
    cluster: Cluster, join: Callable[..., Member], assignor: str
) -> None:
    """What was there before the group is not missed, whichever the assignor."""
    cluster.publish(*[Grade(partition=number % 2) for number in range(6)])
    member = join(**{"partition.assignment.strategy": assignor})
    assert places(member.take(6)) == {(p, offset) for p in range(2) for offset in range(3)}


def test_newer_group_protocol(
    cluster: Cluster, join: Callable[..., Member], event_sync: Callable[..., None]
) -> None:
    """KIP-848 hands over what is there as the classic protocol does."""
    event_sync(KAFKA_CONSUMER_CONFIG={"group.protocol": "consumer"})
    cluster.publish(*[Grade(partition=number % 2) for number in range(6)])
    assert places(join().take(6)) == {(p, offset) for p in range(2) for offset in range(3)}


def test_goes_on_after_the_committed_offset(cluster: Cluster, join: Callable[..., Member]) -> None:
    """What is committed doesn't come again, and what isn't does."""
    cluster.publish(*[Grade(partition=0)] * 5)
    first = join()
    first.subscription.commit(first.take(5)[:2])
    first.close()
    assert places(join().take(3)) == {(0, 2), (0, 3), (0, 4)}


@pytest.mark.parametrize("wrong", ["expired", "beyond the end"])
def test_offset_out_of_range(cluster: Cluster, join: Callable[..., Member], wrong: str) -> None:
    """An offset that is not on the broker is an error with a hint, and stays as it is."""
    cluster.publish(*[Grade(partition=0)] * 5)
    first = join()
    taken = first.take(5)
    first.subscription.commit(taken[:1] if wrong == "expired" else [replace(taken[0], offset=100)])
    first.close()
    before = cluster.committed(GROUP)
    if wrong == "expired":
        cluster.broker.delete_records(TOPIC, 0, 3)
    second = join()
    with pytest.raises(OffsetOutOfRange, match=rf"{TOPIC}\[0\].*Hint: .*rewind ROOM"):
        second.take(1)
    second.close()
    assert cluster.committed(GROUP) == before


def test_what_is_given_back_comes_first(cluster: Cluster, join: Callable[..., Member]) -> None:
    """A partition's order survives giving messages back."""
    cluster.publish(*[Grade(partition=0)] * 6)
    member = join()
    taken = member.take(4, size=4)
    member.subscription.give_back(taken[2:])
    member.subscription.give_back(taken[:2])
    again = member.take(6, size=3)
    assert [message.offset for message in again] == [0, 1, 2, 3, 4, 5]


def test_nothing_is_handed_over_while_paused(cluster: Cluster, join: Callable[..., Member]) -> None:
    """Partitions that are assigned during a wait keep their messages until it is over."""
    cluster.publish(Grade(partition=0))
    member = join()

    def has_partitions() -> bool:
        member.subscription.wait(0.1)
        return bool(member.partitions)

    wait_until(has_partitions, "the assignment")
    member.subscription.wait(0.3)
    member.take_nothing()
    member.subscription.resume()
    assert places(member.take(1)) == {(0, 0)}


def test_partitions_that_leave(cluster: Cluster, join: Callable[..., Member]) -> None:
    """They take along what is held, are told of, aren't committed here, and may come back."""
    cluster.publish(*[Grade(partition=number % 4) for number in range(8)])
    first = join()
    taken = first.take(8)
    first.subscription.give_back(taken)
    second = join()
    share(first, second)
    assert first.gone == {(TOPIC, number) for number in second.partitions}
    assert {message.partition for message in first.subscription.take(100, 0)} == first.partitions
    first.subscription.commit(taken)
    wait_until(lambda: cluster.committed(GROUP), "the commit")
    assert cluster.committed(GROUP).keys() == first.partitions
    second.close()
    first.subscription.resume()
    assert {(TOPIC, message.partition) for message in first.take(4)} == first.gone


def share(first: Member, second: Member) -> None:
    """Let two members wait until both have partitions."""

    def has_both() -> bool:
        first.subscription.wait(0.05)
        second.subscription.wait(0.05)
        return bool(second.partitions)

    wait_until(has_both, "the second member's partitions")


def test_partitions_lost_while_nobody_polled(cluster: Cluster, join: Callable[..., Member]) -> None:
    """Their late offsets are not committed over those of the new owner."""
    cluster.publish(*[Grade(partition=0)] * 5)
    first = join(**{"max.poll.interval.ms": 1500})
    taken = first.take(5)
    second = join()
    second.subscription.commit(second.take(5))
    wait_until(lambda: cluster.committed(GROUP) == {0: 5}, "the new owner's commit")
    first.subscription.commit(taken[:2])
    first.close()
    assert cluster.committed(GROUP) == {0: 5}


def test_commit_that_failed_is_said_again(cluster: Cluster, join: Callable[..., Member]) -> None:
    """An offset that the broker refused once is committed though nothing new comes."""
    cluster.publish(Grade(partition=0))
    member = join()
    taken = member.take(1)
    let_fail(cluster.broker, OFFSET_COMMIT, KafkaError.REBALANCE_IN_PROGRESS)
    member.subscription.commit(taken)
    member.take_nothing()
    wait_until(lambda: cluster.committed(GROUP) == {0: 1}, "the commit")


def test_commit_that_failed_is_said_again_by_who_leaves(
    cluster: Cluster, join: Callable[..., Member]
) -> None:
    """A worker that is stopped in the midst of a rebalance leaves nothing to be done anew."""
    cluster.publish(Grade(partition=0))
    member = join()
    taken = member.take(1)
    let_fail(cluster.broker, OFFSET_COMMIT, *[KafkaError.REBALANCE_IN_PROGRESS] * 2)
    member.subscription.commit(taken)
    member.close()
    assert cluster.committed(GROUP) == {0: 1}


def test_metadata_that_is_too_long_is_left_out(
    cluster: Cluster, join: Callable[..., Member], caplog: pytest.LogCaptureFixture
) -> None:
    """The names of many consumers may take more than the broker keeps; offsets come first."""
    cluster.publish(Grade(partition=0))
    member = join()
    taken = member.take(1)
    let_fail(cluster.broker, OFFSET_COMMIT, KafkaError.OFFSET_METADATA_TOO_LARGE)
    member.subscription.commit(taken)
    member.take_nothing()
    wait_until(lambda: cluster.committed(GROUP) == {0: 1}, "the commit")
    cluster.publish(Grade(partition=0))
    member.subscription.commit(member.take(1))
    wait_until(lambda: cluster.committed(GROUP) == {0: 2}, "the next commit")
    (place,) = member.subscription._consumer.committed([TopicPartition(TOPIC, 0)], timeout=10)
    assert (place.offset, place.metadata or "") == (2, "")
    refused = "offsets.not_committed error=OFFSET_METADATA_TOO_LARGE"
    assert [r.getMessage() for r in caplog.records].count(refused) == 1


def test_offsets_that_cannot_be_read_are_waited_for(
    cluster: Cluster, join: Callable[..., Member]
) -> None:
    """A broker that can't say where the group stands is asked again; nothing starts over."""
    cluster.publish(*[Grade(partition=0)] * 5)
    first = join()
    first.subscription.commit(first.take(5)[:3])
    first.close()
    let_fail(cluster.broker, OFFSET_FETCH, KafkaError.UNKNOWN, KafkaError.UNKNOWN)
    assert places(join().take(2)) == {(0, 3), (0, 4)}


def test_offset_of_one_partition_cannot_be_read(join: Callable[..., Member]) -> None:
    """It is asked for again, and is not taken for one that isn't there."""
    unreadable = SimpleNamespace(offset=OFFSET_INVALID, error=KafkaError(KafkaError.UNKNOWN))
    place = {"topic": TOPIC, "partition": 0, "metadata": ""}
    readable = SimpleNamespace(**place, offset=7, error=None)
    answers = [[unreadable], [readable]]
    subscription = join().subscription
    subscription._consumer.close()
    consumer: Any = SimpleNamespace(
        committed=lambda *_, **__: answers.pop(0),
        assignment=list,
        close=lambda: None,
    )
    subscription._consumer = consumer
    partition = TopicPartition(TOPIC, 0)
    assert subscription._find_start([partition])
    assert partition.offset == 7


def test_offsets_that_can_never_be_read(join: Callable[..., Member]) -> None:
    """Partitions of unknown start are not ours, and their client doesn't wait for ever."""
    member = join(**{"socket.connection.setup.timeout.ms": 1000})
    subscription = member.subscription
    subscription._consumer.close()

    def fail(*_: Any, **__: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    consumer: Any = SimpleNamespace(committed=fail, assignment=list, close=lambda: None)
    subscription._consumer = consumer
    assert not subscription.has_lost_contact
    assert not subscription._find_start([TopicPartition(TOPIC, 0)])
    assert subscription.has_lost_contact


@pytest.mark.parametrize(
    "code", [KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError.TOPIC_AUTHORIZATION_FAILED]
)
def test_refused_offsets_are_fatal(
    cluster: Cluster, join: Callable[..., Member], code: int
) -> None:
    """A group that we may not read is not waited for."""
    let_fail(cluster.broker, OFFSET_FETCH, code)
    with pytest.raises(FatalError, match=r"AUTHORIZATION_FAILED.*Hint: .*may read"):
        join().take(1)


def test_topic_authorization_is_fatal(cluster: Cluster, join: Callable[..., Member]) -> None:
    """A topic that we may not read is not waited for."""
    cluster.broker.set_topic_error(TOPIC, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(FatalError, match=r"TOPIC_AUTHORIZATION_FAILED.*Hint: .*may read"):
        join().take(1)


@pytest.mark.parametrize(
    ("request_number", "code", "said"),
    [
        (JOIN_GROUP, KafkaError.INVALID_SESSION_TIMEOUT, r"session\.timeout\.ms: .*Hint: Set it"),
        (HEARTBEAT, KafkaError.FENCED_INSTANCE_ID, r"fenced.*Hint: .*group\.instance\.id"),
    ],
)
def test_group_that_will_never_have_us_is_fatal(
    cluster: Cluster, join: Callable[..., Member], request_number: int, code: int, said: str
) -> None:
    """A worker that can get no partition as it is set up ends, and doesn't idle for ever."""
    let_fail(cluster.broker, request_number, *[code] * 9)
    member = join(**{"group.instance.id": "worker-1"})
    with pytest.raises(FatalError, match=said):
        member.take(1)


def test_missing_topic_is_fatal_after_its_grace(
    cluster: Cluster,
    join: Callable[..., Member],
    event_sync: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A topic that stays away ends the wait, with the name as the broker knows it.

    What to do is said when the wait begins.
    """
    event_sync(TOPIC_GRACE=0.3)
    cluster.broker.set_topic_error(TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
    with pytest.raises(FatalError, match=f"no topic '{TOPIC}'.*Hint: Create it"):
        join().take(1)
    assert f"broker.waiting waiting_for=topic {TOPIC} topic_grace=0.3 hint=Create it" in caplog.text


def test_topic_that_comes_within_its_grace(
    cluster: Cluster, join: Callable[..., Member], event_sync: Callable[..., None]
) -> None:
    """A topic that is created a little later is consumed as if it had been there."""
    event_sync(TOPIC_GRACE=0.5)
    cluster.broker.set_topic_error(TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
    member = join(**{"topic.metadata.refresh.interval.ms": 200})
    wait_until(lambda: member.subscription.take(1, 0.1) or member.subscription._absence.since, "")
    cluster.broker.set_topic_error(TOPIC, KafkaError.NO_ERROR)
    cluster.publish(Grade(partition=0))
    sleep(0.5)
    assert places(member.take(1)) == {(0, 0)}


def test_topic_is_not_missing_while_the_broker_is_away(
    cluster: Cluster, join: Callable[..., Member], event_sync: Callable[..., None]
) -> None:
    """A broker that can't be asked for the topic doesn't end the wait for it."""
    event_sync(TOPIC_GRACE=0.1)
    cluster.broker.set_topic_error(TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
    member = join()
    wait_until(lambda: member.subscription.take(1, 0.1) or member.subscription._absence.since, "")
    cluster.broker.set_down()
    assert member.subscription.take(1, 0.2) == []
    cluster.broker.set_up()


def test_topic_that_turns_out_to_be_forbidden_is_fatal(
    cluster: Cluster, join: Callable[..., Member], event_sync: Callable[..., None]
) -> None:
    """The broker's answer to the second look ends the wait, whatever it is."""
    event_sync(TOPIC_GRACE=0.5)
    cluster.broker.set_topic_error(TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
    member = join()
    wait_until(lambda: member.subscription.take(1, 0.1) or member.subscription._absence.since, "")
    cluster.broker.set_topic_error(TOPIC, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    sleep(0.5)
    # It is told no more of the topic unless it asks.
    with pytest.raises(FatalError, match="TOPIC_AUTHORIZATION_FAILED"):
        member.subscription.take(1, 0)


def test_subscription_says_which_option_librdkafka_refuses(join: Callable[..., Member]) -> None:
    """A misspelt librdkafka option is a configuration error that names it."""
    with pytest.raises(FatalError, match=r"no\.such\.option.*Hint: .*KAFKA_CONSUMER_CONFIG"):
        join(**{"no.such.option": 1})


def test_who_leaves_asks_for_no_offsets(join: Callable[..., Member]) -> None:
    """A worker that ends by itself while its group is forming gets partitions, and ends."""
    member = join()
    member.subscription.close()
    assert not member.subscription._find_start([TopicPartition(TOPIC, 0)])
    member.is_stopping = True


def test_group_that_does_not_let_go(
    join: Callable[..., Member],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A worker ends though librdkafka goes on leaving; a consumer that blocks stands for it."""
    monkeypatch.setattr(subscription_module, "_LEAVE_TIMEOUT", 0.05)
    member = join()
    member.subscription._consumer.close()
    blocked = Event()
    consumer: Any = SimpleNamespace(assignment=list, close=blocked.wait)
    member.subscription._consumer = consumer
    member.close()
    assert "group.not_left" in caplog.text
    blocked.set()
