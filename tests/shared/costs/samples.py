"""A sample for each consumer, and batches of its events."""

from __future__ import annotations

import pytest

from shared.messages import Message
from shared.retirement import block
from tests.contract.bench import Bench, at
from tests.contract.catalogue import CHANGING
from tests.contract.sample import Sample
from tests.wire import with_header

SAMPLES: dict[str, Sample] = {sample.consumer.name: sample for sample in reversed(CHANGING)}
each_consumer = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())

_WITHOUT_PARENT = 1_000_001
_RETIRED = 999


def made(bench: Bench, first: int, size: int) -> list[Message]:
    """Return events of so many rows, from this number on."""
    return [bench.event(number, time=at(1)) for number in range(first, first + size)]


def changed(bench: Bench, first: int, size: int) -> list[Message]:
    """Return events after which as many rows say something else."""
    return [bench.event(number, state=1, time=at(2)) for number in range(first, first + size)]


def retire_one(sample: Sample) -> None:
    """Retire a learner, if the consumer's events name any."""
    if learner := sample.consumer.learner:
        block(learner.names_in(sample.data(_RETIRED)))


def troubled(bench: Bench, size: int) -> list[Message]:
    """Return as many events of each kind: good, bad, unwanted, ignored, and without their parent.

    One event, of its own row, names the learner who is retired.
    """
    sample = bench.sample
    bad = next(iter(sample.bad.values()))
    messages = [bench.event(_RETIRED, time=at(1))]
    for number in range(1, size + 1):
        good = bench.event(number, time=at(3))
        messages += [good, bench.event(number, edits={bad.path: bad.value})]
        messages += [with_header(good, "ce_type", b"org.openedx.tests.nobody.knows.v1")]
        messages += [bench.event(edits=edits) for edits in [*sample.unwanted.values()][:1]]
        if sample.parent:
            messages.append(bench.event(_WITHOUT_PARENT + number))
    return messages
