"""Two versions of an event's data, and what becomes of an event that the other one can't read.

By docs/how_to/upgrade_a_schema.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import attr
import pytest
from django.core.management import call_command
from openedx_events.tooling import OpenEdxPublicSignal

from shared.consumer import Room
from shared.events.learning.signals import COURSE_GRADE_CHANGED
from shared.kafka.config import full_topic, schema_registry_client
from shared.models import DeadLetter
from shared.testing import EmbeddedBus, registered
from shared.testing.factories import data_of
from tests.processes import ROOT
from tests.testapp.events import SHELF_CHANGED, ShelfData
from tests.testapp.models import Shelf
from tests.testapp.room import ROOM, SHELVES

SHELF = ShelfData(code="A", label="novels")


@pytest.fixture(autouse=True)
def declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event type may be declared anew; afterwards it is what it was."""
    for name in ("_mapping", "instances"):
        monkeypatch.setattr(OpenEdxPublicSignal, name, getattr(OpenEdxPublicSignal, name).copy())


@contextmanager
def deployed(**added: Any) -> Iterator[Room]:
    """Run a release in which a shelf's data has these attributes more."""
    data = attr.make_class("ShelfData", added, bases=(ShelfData,))
    signal = OpenEdxPublicSignal(event_type=SHELF_CHANGED.event_type, data={"shelf": data})
    (route,) = SHELVES.routes
    with registered(ROOM, replace(SHELVES, routes=(replace(route, signal=signal),))) as room:
        yield room


def test_what_died_of_a_release_is_brought_back_by_the_next(
    transactional_db: None, embedded_bus: EmbeddedBus
) -> None:
    """A required attribute that old events lack buries them, whole; with ``None`` they are read."""
    with registered(ROOM, SHELVES):
        embedded_bus.publish(SHELF_CHANGED, shelf=SHELF)
    with deployed(floor=attr.ib(type=int)) as room:
        embedded_bus.run(room)
    assert "SchemaResolutionError" in DeadLetter.objects.get().error
    assert not Shelf.objects.exists()
    with deployed(floor=attr.ib(type=int, default=None)):
        call_command("dead_letters", "replay", "--error=SchemaResolutionError", "--apply")
    assert not DeadLetter.objects.exists()
    assert Shelf.objects.get().label == "novels"


def test_subject_of_a_schema_is_what_the_page_says(embedded_bus: EmbeddedBus) -> None:
    """The rule that it tells to set is that of the stock producer's subject."""
    page = (ROOT / "docs" / "how_to" / "upgrade_a_schema.md").read_text()
    (subject,) = re.findall(r"^PUT /config/prod-(\S+)$", page, re.MULTILINE)
    embedded_bus.publish(COURSE_GRADE_CHANGED, **data_of(COURSE_GRADE_CHANGED))
    with schema_registry_client() as registry:
        found = registry.get_latest_version(full_topic(subject))
    assert json.loads(found.schema.schema_str)["namespace"] == COURSE_GRADE_CHANGED.event_type
