"""A worker's membership in its group: messages in, offsets out, partitions coming and going.

Knows nothing of decoding or databases. librdkafka calls back inside ``poll``, and once more while
the group is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Thread
from time import monotonic, sleep
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from shared.exceptions import FatalError
from shared.kafka import errors
from shared.kafka.absence import Absence
from shared.kafka.contact import Contact
from shared.kafka.coverage import Coverage
from shared.kafka.offsets import Offsets, Partition, named
from shared.kafka.outage import Outage
from shared.kafka.polled import to_message
from shared.kafka.vitals import Rebalance, Vitals
from shared.logging import Action, Log
from shared.messages import Message

log = Log(__name__)

_POLL_STEP = 0.2
_COMMIT_STEP = 0.02
# Together below the five seconds in which a worker ends that is told to: a question to the broker
# may be under way; then commits and leaving share their time.
_BROKER_TIMEOUT = 2.0
_CLOSE_TIMEOUT = 2.0
_LEAVE_TIMEOUT = 0.5
_OF_PARTITIONS = (KafkaError._AUTO_OFFSET_RESET, KafkaError._PARTITION_EOF)


class Subscription:
    """A consumer of the topics of a ``coverage`` whose offsets are committed by its owner.

    ``on_gone`` is told of partitions that leave, while they are polled for; ``is_stopping`` ends
    every wait.
    """

    def __init__(
        self,
        config: dict[str, Any],
        coverage: Coverage,
        *,
        on_gone: Callable[[set[Partition]], None],
        is_stopping: Callable[[], bool],
        vitals: Vitals,
    ) -> None:
        self.starts: dict[Partition, int] = {}
        """The committed offset that a partition had when it came to us, if it had one."""
        self._on_gone = on_gone
        self._is_stopping = is_stopping
        self._vitals = vitals
        # The protocol of KIP-848 has no such option and knows no other way.
        assignors = config.get("partition.assignment.strategy", "cooperative-sticky")
        self._is_cooperative = "cooperative" in assignors
        self._owned: set[Partition] = set()
        self._held: list[Message] = []
        self._offsets = Offsets(coverage)
        self._outage = Outage()
        self._is_paused = False
        self._is_leaving = False
        self._absence = Absence(self._on_client_error)
        self._fatal: FatalError | None = None
        try:
            self._contact = Contact(config)
            self._consumer = Consumer(
                {
                    **config,
                    **self._contact.options,
                    **self._offsets.options,
                    "error_cb": self._on_client_error,
                }
            )
        except (KafkaException, TypeError, ValueError) as error:
            raise errors.refused_options(error) from error
        self._consumer.subscribe(
            list(coverage.topics),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    @property
    def has_lost_contact(self) -> bool:
        """Whether the group is out of reach for so long that only a new client may find it."""
        return self._contact.is_lost

    def take(self, size: int, timeout: float) -> list[Message]:
        """Return up to ``size`` messages: what is there, or the first within ``timeout`` seconds.

        Who takes again has settled, or given back, what was taken before.
        Raises ``FatalError`` when the broker refuses us, lacks a topic or the committed offset.
        """
        if not self._held:
            self._poll(timeout)
        if 0 < len(self._held) < size:
            # A timeout of 0 drains what librdkafka has fetched already.
            self._receive(self._consumer.consume(size - len(self._held), 0))
        missing = self._absence.look(self._consumer)
        self._fatal = self._fatal or missing  # the look itself may have met a refusal
        self._raise_fatal()
        self._offsets.commit_again(self._consumer)
        taken, self._held = self._held[:size], self._held[size:]
        if not taken:
            self._offsets.settle_ends(self._consumer, self.starts)
        return taken

    def give_back(self, messages: Iterable[Message]) -> None:
        """Let these be taken again, before all others."""
        self._held = [*messages, *self._held]

    def wait(self, seconds: float) -> None:
        """Stay in the group for a while without taking a message; ends early on a stop."""
        self._pause()
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0 and not self._is_stopping():
            self._poll(min(left, _POLL_STEP))
        self._raise_fatal()

    def resume(self) -> None:
        """Go on after ``wait``."""
        if self._is_paused:
            self._is_paused = False
            self._consumer.resume(self._consumer.assignment())

    def commit(self, messages: Iterable[Message]) -> None:
        """Tell the broker that these are settled, without waiting for its answer."""
        self._offsets.settle(messages, self._owned)
        self._offsets.commit(self._consumer)

    def close(self) -> None:
        """Commit what is settled, as far as the broker answers in time, and leave the group."""
        self._is_leaving = True
        self._offsets.commit(self._consumer)
        until = monotonic() + _CLOSE_TIMEOUT
        self._pause()
        while self._offsets.commits_under_way and monotonic() < until - _LEAVE_TIMEOUT:
            self._poll(_COMMIT_STEP)
            self._offsets.commit_again(self._consumer)
        # It may wait for ever for a group whose other members don't answer.
        leaving = Thread(target=self._consumer.close, daemon=True)
        leaving.start()
        leaving.join(max(_LEAVE_TIMEOUT, until - monotonic()))
        if leaving.is_alive():
            log.warning(Action.GROUP_NOT_LEFT)

    def _poll(self, timeout: float) -> None:
        self._vitals.tell_polled()
        if (raw := self._consumer.poll(timeout)) is not None:
            self._receive([raw])

    def _receive(self, polled: Iterable[Any]) -> None:
        for raw in polled:
            is_owned = (raw.topic(), raw.partition()) in self._owned
            if error := raw.error():
                if is_owned or error.code() not in _OF_PARTITIONS:
                    self._on_error(error, raw)
            elif is_owned:
                self._outage.end()
                self._held.append(to_message(raw))

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        if self._find_start(partitions):
            self._owned.update((partition.topic, partition.partition) for partition in partitions)
        if self._is_cooperative:
            self._consumer.incremental_assign(partitions)
        else:
            self._consumer.assign(partitions)
        if self._is_paused:
            # Before the next poll, or they hand over messages.
            self._consumer.pause(partitions)
        else:
            # Paused here before they left, they would stay so: a pause outlives a revocation.
            self._consumer.resume(partitions)
        self._outage.end()
        self._vitals.tell_partitions(Rebalance.ASSIGNED, self._owned)
        log.info(Action.PARTITIONS_ASSIGNED, partitions=named(partitions))

    def _find_start(self, partitions: list[TopicPartition]) -> bool:
        """Let partitions without a committed offset start at the beginning.

        Returns ``False`` if we end, or lose contact, before it is known: then they are not ours
        to settle.
        """
        until = monotonic() + self._contact.patience
        while partitions and not (self._is_leaving or self._is_stopping() or self._fatal):
            try:
                committed = self._offsets.read(self._consumer, partitions, timeout=_BROKER_TIMEOUT)
            except KafkaException as error:
                self._on_client_error(error.args[0])
                if monotonic() > until:
                    # Librdkafka's statistics don't come while it waits for us.
                    self._contact.give_up()
                    break
                sleep(_POLL_STEP)
                continue
            for partition, known in zip(partitions, committed, strict=True):
                partition.offset = known.offset if known.offset >= 0 else OFFSET_BEGINNING
            self.starts |= {(p.topic, p.partition): p.offset for p in partitions if p.offset >= 0}
            return True
        return False

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._let_go(partitions, Rebalance.REVOKED)
        log.info(Action.PARTITIONS_REVOKED, partitions=named(partitions))

    def _on_lost(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._let_go(partitions, Rebalance.LOST)
        log.warning(Action.PARTITIONS_LOST, partitions=named(partitions))

    def _let_go(self, partitions: list[TopicPartition], kind: Rebalance) -> None:
        gone = {(partition.topic, partition.partition) for partition in partitions}
        self._owned -= gone
        self._held = [m for m in self._held if (m.topic, m.partition) not in gone]
        self._offsets.forget(gone)
        self._vitals.tell_partitions(kind, self._owned)
        if not self._is_leaving:
            self._on_gone(gone)

    def _pause(self) -> None:
        self._is_paused = True
        if assignment := self._consumer.assignment():
            self._consumer.pause(assignment)

    def _on_error(self, error: KafkaError, raw: Any) -> None:
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            self._fatal = errors.out_of_range(raw)
        elif error.code() in errors.MISSING:
            self._absence.note(raw.topic())
        elif error.code() == KafkaError._PARTITION_EOF:
            self._offsets.note_end((raw.topic(), raw.partition()), raw.offset())
        else:
            self._on_client_error(error)

    def _on_client_error(self, error: KafkaError) -> None:
        self._fatal = self._fatal or errors.refusal(error)
        if not self._fatal:
            self._outage.tell(error)

    def _raise_fatal(self) -> None:
        if fatal := self._fatal or self._offsets.refusal:
            raise fatal
