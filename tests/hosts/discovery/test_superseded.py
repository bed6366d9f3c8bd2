"""Discovery's own receiver of the same event is found and disconnected in a live worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils.module_loading import import_string
from openedx_events.content_authoring.signals import COURSE_CATALOG_INFO_CHANGED

from discovery_course_run_sync.consumers import COURSE_RUNS
from shared import registry, superseding
from tests.hosts.discovery.conftest import IS_HOST, SUPERSEDED


def stand_in(**_: Any) -> None:
    """Stand in for Discovery's receiver, by its path."""


@pytest.fixture
def receiver() -> Iterator[Callable[..., Any]]:
    """Discovery's receiver, connected as it is there."""
    found: Callable[..., Any] = import_string(SUPERSEDED) if IS_HOST else stand_in
    if not IS_HOST:
        found.__module__, _, found.__qualname__ = SUPERSEDED.rpartition(".")
    COURSE_CATALOG_INFO_CHANGED.connect(found)
    yield found
    COURSE_CATALOG_INFO_CHANGED.disconnect(found)


def test_receiver_is_superseded(receiver: Callable[..., Any]) -> None:
    """It would sleep for a minute per event and write what the room has written."""
    assert superseding.superseded(COURSE_RUNS) == {SUPERSEDED: [COURSE_CATALOG_INFO_CHANGED]}
    superseding.supersede(registry.get_room("discovery_course_run_sync"))
    assert superseding.superseded(COURSE_RUNS) == {SUPERSEDED: []}
