"""The dashboard in a real Chromium: at each width, in light and dark, under a strict policy.

With ``SCREENSHOTS=folder`` it leaves its pictures there: whole pages, and their tops.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shared import registry
from shared.models import WorkerMinute
from shared.pausing import switch_of
from shared.states import State
from tests import browser
from tests.browser import Look
from tests.services import chromium
from tests.shared.dashboard.days import park_and_bury, work

pytest.importorskip("playwright", reason="playwright drives the browser; group services has it.")
pytestmark = pytest.mark.skipif(
    chromium.program() is None, reason="Chromium isn't there; Debian's package is chromium."
)

WIDTHS = (360, 1280)
WHITE, NEARLY_BLACK = "rgb(255, 255, 255)", "rgb(18, 18, 18)"
SCHEMES = (("light", WHITE), ("dark", NEARLY_BLACK))
REASON = "Table 'event_sync.event_sync_parkedevent' doesn't exist. Hint: run migrate."
Visit: TypeAlias = Callable[..., Look]


@pytest.fixture
def address(live_server, transactional_db) -> str:
    """Where the page is."""
    return str(live_server.url) + reverse("admin:event_sync_dashboard_changelist")


@contextmanager
def visiting(address: str) -> Iterator[Visit]:
    """Visit the page as somebody who may see everything; Django's tables can't be asked inside."""
    pictures = os.environ.get("SCREENSHOTS")
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    session = client.cookies["sessionid"].value

    def visit(name: str, width: int, scheme: str, query: str = "", theme: str = "auto") -> Look:
        seen = browser.look(
            running,
            address + query,
            session=session,
            width=width,
            scheme=scheme,
            theme=theme,
            picture=Path(pictures) / f"{name}-{width}-{scheme}.png" if pictures else None,
        )
        assert (seen.status, seen.complaints, seen.failed) == (200, [], [])
        assert all(url.startswith(address.partition("/admin")[0]) for url in seen.requests)
        assert any(url.endswith("dashboard.css") for url in seen.requests)
        return seen

    with browser.browsing() as running:
        yield visit


def usual() -> None:
    """Fill a day in which all rooms work, and a few events wait or are dead."""
    now = timezone.now()
    for room in registry.rooms():
        consumers = [consumer.name for consumer in room.consumers]
        work(room.name, *consumers, now=now)
        park_and_bury(room.name, consumers[0], now=now)


def troubled() -> None:
    """Fill an hour of long names, a failed worker, one that waits, and a room that is paused."""
    from waffle.models import Switch

    now = timezone.now()
    grades, runs, licenses = (room.name for room in registry.rooms())
    name = "event-sync-credentials-grades-sync-7f9c6d5b8-x2vqp.production.svc.cluster.local:1"
    before = now - timedelta(minutes=12)
    work(grades, "user-grades", now=before, workers=(name,), minutes=30)
    WorkerMinute.objects.filter(room=grades).update(state=State.FAILED, reason=REASON)
    waits: dict[str, Any] = {
        "state": State.WAITING,
        "reason": REASON * 3,
        "lag": {"topic[0]": 12_345_678},
    }
    work(runs, "course-runs", now=now, workers=(name,), minutes=3, **waits)
    park_and_bury(
        licenses, "a-consumer-of-old-with-a-name-that-is-as-long-as-a-name-may-be-64", now=now
    )
    Switch.objects.create(name=switch_of(licenses).name, active=True)


def test_usual_day(address):
    """Nothing overlaps, is cut off, scrolls sideways or comes from elsewhere."""
    usual()
    with visiting(address) as visit:
        for width, (scheme, background), span in product(WIDTHS, SCHEMES, ("hour", "day")):
            seen = visit(f"usual-{span}", width, scheme, f"?span={span}")
            assert (seen.overflow, seen.clipped, seen.overlapping) == (0, [], [])
            assert seen.background == background


def test_trouble(address):
    """Long names and reasons break where they must."""
    troubled()
    with visiting(address) as visit:
        for width in WIDTHS:
            seen = visit("troubled", width, "light")
            assert (seen.overflow, seen.clipped, seen.overlapping) == (0, [], [])


def test_nothing_yet(address):
    """Rooms that have never run are shown as such."""
    with visiting(address) as visit:
        for width in WIDTHS:
            seen = visit("empty", width, "dark")
            assert (seen.overflow, seen.clipped) == (0, [])


def test_the_readers_choice_of_colours_comes_first(address):
    """The admin's own switch is obeyed, whatever the system prefers."""
    with visiting(address) as visit:
        assert visit("chosen", WIDTHS[0], "light", theme="dark").background == NEARLY_BLACK
        assert visit("chosen", WIDTHS[0], "dark", theme="light").background == WHITE
