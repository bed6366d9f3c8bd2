"""License Manager and the LMS as far as the producers meet them, and what is published.

Their models are stood in for (``stand_ins``); the receivers are connected as the services' own
``ready()`` connects them, and to nothing else once a test is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.db.models.signals import post_delete, post_save, pre_delete
from openedx_events.learning import signals as learning
from openedx_events.tooling import OpenEdxPublicSignal

from enterprise_license_sync.producers import license_manager as license_manager_producer
from enterprise_license_sync.producers import lms as lms_producer
from shared.events.enterprise import signals

SIGNALS = [signal for signal in vars(signals).values() if isinstance(signal, OpenEdxPublicSignal)]
LISTENED_TO = (
    post_save,
    pre_delete,
    post_delete,
    learning.COURSE_ENROLLMENT_CREATED,
    learning.COURSE_ENROLLMENT_CHANGED,
    learning.COURSE_UNENROLLMENT_COMPLETED,
)


@dataclass
class Published:
    """An event that was sent."""

    signal: OpenEdxPublicSignal
    time: datetime
    data: Any
    from_event_bus: bool


@contextmanager
def _restored() -> Iterator[None]:
    before = [list(signal.receivers) for signal in LISTENED_TO]
    try:
        yield
    finally:
        for signal, receivers in zip(LISTENED_TO, before, strict=True):
            signal.receivers = receivers
            signal.sender_receivers_cache.clear()


@pytest.fixture
def license_manager() -> Iterator[None]:
    """License Manager, the receivers of its models connected."""
    with _restored():
        license_manager_producer.connect()
        yield


@pytest.fixture
def lms() -> Iterator[None]:
    """The LMS, the receivers of its signals and of edx-enterprise's models connected."""
    with _restored():
        lms_producer.connect()
        yield


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Run a block and then what it left to do on commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def published() -> Iterator[list[Published]]:
    """The room's events that were sent, those from the bus included."""
    events: list[Published] = []

    def record(*, signal: Any, metadata: Any, from_event_bus: bool, **event: Any) -> None:
        [name] = signal.init_data
        events.append(Published(signal, metadata.time, event[name], from_event_bus))

    for signal in SIGNALS:
        signal.connect(record)
    yield events
    for signal in SIGNALS:
        signal.disconnect(record)
