"""What a snapshot says beside what a consumer's destination holds. Reads only, locks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from django.utils import timezone

from shared.batches import Delivery, Ending
from shared.comparison import Readable, compare_records
from shared.conf import get_settings
from shared.consumer import Consumer
from shared.exceptions import ConfigurationError, PoisonError
from shared.findings import Comparison
from shared.mapping import accept_and_map
from shared.messages import Event
from shared.outcomes import Outcome
from shared.records import fold_key


@runtime_checkable
class Listable(Protocol):
    """A destination that can list its rows."""

    def keys(self, before: datetime) -> Iterator[str]:
        """Yield the folded keys of the rows that followed no event of this time or a later one."""


@dataclass(frozen=True, slots=True)
class Review:
    """Which of some events became no record, and with which the host doesn't agree."""

    failed: Sequence[Ending]
    differing: Sequence[Event]


class Reconciliation:
    """Compares the events of a snapshot, page by page, with what their destination holds.

    With ``list_extra`` it remembers every key, to find the rows of the host that the source lacks.
    """

    def __init__(self, consumer: Consumer, *, examples: int, list_extra: bool) -> None:
        self.comparison = Comparison(consumer=consumer.name)
        self.extra: int | None = None
        """Rows that the source doesn't have; None while nobody has looked."""
        self._consumer = consumer
        self._examples = examples
        self._keys: set[str] | None = set() if list_extra else None
        self._destination = _readable(consumer.name)
        if list_extra:
            _listable(consumer.name, self._destination)

    def review(self, events: Sequence[Event]) -> Review:
        """Compare events. Raises what filters and the destination raise."""
        deliveries = [Delivery(i, event, self._consumer) for i, event in enumerate(events)]
        mapped, endings = accept_and_map(self._consumer, deliveries, now=timezone.now())
        failed = [ending for ending in endings if ending.outcome is Outcome.DEAD]
        self.comparison.unmappable += len(failed)
        self.comparison.unwanted += len(endings) - len(failed)
        self.comparison.records += len(endings) - len(failed)
        kept = [each.item for each in mapped]
        if self._keys is not None:
            unwanted = (events[e.index] for e in endings if e.outcome is Outcome.FILTERED)
            self._keys |= {fold_key(item.record.key) for item in kept}
            self._keys |= {key for event in unwanted if (key := self._key_of(event))}
        verdicts = compare_records(
            self.comparison, kept, self._destination, examples=self._examples
        )
        differing = [each.delivery.event for each, d in zip(mapped, verdicts, strict=True) if d]
        return Review(failed, differing)

    def _key_of(self, event: Event) -> str | None:
        """Return the key of what the room doesn't want: the source has that row all the same."""
        route = self._consumer.route_for(event.signal.event_type)
        try:
            record = route.to_record(event.data, event.metadata) if route else None
        except PoisonError:
            return None
        return fold_key(record.key) if record else None

    def find_extra(self, before: datetime) -> None:
        """Count the rows that the host had before a time and that the source doesn't have."""
        listable = _listable(self._consumer.name, self._destination)
        self.extra = 0
        for key in listable.keys(before):
            if key not in (self._keys or ()):
                self.extra += 1
                if self.extra <= self._examples:
                    self.comparison.examples.append({"what": "extra", "key": key})

    @property
    def agrees(self) -> bool:
        """Whether there was something to compare, and host and source say the same."""
        return bool(self.comparison.records and self.comparison.is_good and not self.extra)

    def lines(self) -> Iterator[str]:
        """Yield what a person may want to know beside the numbers."""
        name = self.comparison.consumer
        if self.comparison.fields:
            counts = (f"{field} {n:,}" for field, n in self.comparison.fields.most_common())
            yield f"{name}: rows that differ, by field: {', '.join(counts)}"
        for example in self.comparison.examples:
            rest = " ".join(f"{key}={text}" for key, text in example.items() if key != "what")
            yield f"{name}: {example['what']}: {rest}"

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        names = ("consumer", "records", "agree", "differ", "missing", "unwanted", "unmappable")
        found = {name: getattr(self.comparison, name) for name in (*names, "fields", "examples")}
        return found | {"extra": self.extra}


def _readable(consumer: str) -> Readable:
    destination: object = get_settings().destination_of(consumer)
    if not isinstance(destination, Readable):
        path = get_settings().destinations[consumer]
        raise ConfigurationError(
            f"{path} has no method held(records): it can't be read.",
            hint="Give the destination one, as shared.tables.TableDestination has.",
        )
    return destination


def _listable(consumer: str, destination: object) -> Listable:
    if not isinstance(destination, Listable):
        raise ConfigurationError(
            f"--complete: the destination of {consumer} can't list its rows.",
            hint="Leave --complete out: what is missing or differs is found all the same.",
        )
    return destination
