"""Course Discovery as far as the room meets it: its own code where these tests run in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models.signals import post_save
from django.utils import timezone
from django.utils.module_loading import import_string
from openedx_events.content_authoring.signals import COURSE_CATALOG_INFO_CHANGED

from discovery_course_run_sync.consumers import COURSE_RUNS
from discovery_course_run_sync.hosts.discovery.host import LOADER, PUSH_SEATS
from shared import parking, registry
from shared.batches import Batch
from shared.direct import decode_stored
from shared.messages import Event
from shared.outcomes import Outcome
from shared.pipeline import settle
from shared.testing import deliver
from tests.hosts.discovery.rows import make_partner, model, type_of

Deliver = Callable[..., list[Outcome]]


IS_HOST = find_spec("course_discovery") is not None
(SUPERSEDED,) = COURSE_RUNS.supersedes


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Course Discovery without the receiver that the room supersedes, or what stands in for it."""
    if IS_HOST:
        receiver = import_string(SUPERSEDED)
        COURSE_CATALOG_INFO_CHANGED.disconnect(receiver)
        yield
        COURSE_CATALOG_INFO_CHANGED.connect(receiver)
        return
    from tests.hosts.discovery.course_metadata import ecommerce, loader

    for path, module in ((LOADER, loader), (PUSH_SEATS, ecommerce)):
        monkeypatch.setitem(sys.modules, path.rpartition(".")[0], module)
    yield


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Let the room write to Discovery, with these options."""

    def configure(**options: Any) -> None:
        path = "discovery_course_run_sync.hosts.discovery.COURSE_RUNS"
        destinations = {**settings.EVENT_SYNC["DESTINATIONS"], "course-runs": path}
        settings.EVENT_SYNC = {
            **settings.EVENT_SYNC,
            "DESTINATIONS": destinations,
            "DESTINATION_OPTIONS": {"course-runs": options},
        }

    return configure


@pytest.fixture
def use(settings: Any) -> Callable[..., None]:
    """Let the room write by another destination."""

    def use(write: Callable[..., Any]) -> None:
        path = f"{write.__module__}.{write.__qualname__}"
        destinations = {**settings.EVENT_SYNC["DESTINATIONS"], "course-runs": path}
        settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": destinations}

    return use


@pytest.fixture
def partner(db: None, configure: Callable[..., None]) -> Any:
    """The partner, with Publisher and a marketing site; the types "empty" are there."""
    configure(PARTNER="edx")
    type_of("CourseType", "empty")
    type_of("CourseRunType", "empty", is_marketable=False)
    return make_partner()


@pytest.fixture
def plain_partner(partner: Any) -> Any:
    """The partner, without Publisher: Studio decides."""
    partner.publisher_url = None
    partner.save()
    return partner


@pytest.fixture
def send() -> Deliver:
    """Deliver events as one batch and return how they ended."""
    room = registry.get_room("discovery_course_run_sync")

    def send(*events: Event) -> list[Outcome]:
        return [ending.outcome for ending in deliver(room, *events).endings]

    return send


@pytest.fixture
def retry() -> Deliver:
    """Settle the parked events, as the worker does when their pause is over."""
    room = registry.get_room("discovery_course_run_sync")

    hours = count(1)

    def retry() -> list[Outcome]:
        later = timezone.now() + timedelta(hours=next(hours))
        due = parking.due(room.name, ["test"], limit=9, now=later)
        arrivals = parking.arrivals_of(due, decode_stored)
        batch = Batch(room=room, group=room.name, worker="tests", arrivals=arrivals, failures=())
        return [ending.outcome for ending in settle(batch, now=later).endings]

    return retry


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Who was told of saved runs: the marketing site, mailboxes, E-Commerce, and caches."""
    heard = SimpleNamespace(marketing=[], mails=[], ecommerce=[], caches=[])
    course_run = model("CourseRun")

    def mail(run: Any, send_emails: bool) -> None:
        if run.draft and send_emails and run._old_status != run.status:
            heard.mails.append(run.status)

    def save(sender: Any, instance: Any, **_: Any) -> None:
        heard.caches.append(instance.pk)

    monkeypatch.setattr(course_run, "handle_status_change", mail)
    monkeypatch.setattr(
        course_run, "push_to_marketing_site", lambda run, previous: heard.marketing.append(run.key)
    )
    module, _, name = PUSH_SEATS.rpartition(".")
    push = lambda run: heard.ecommerce.append(run.pk)  # noqa: E731
    monkeypatch.setattr(import_module(module), name, push)
    post_save.connect(save, sender=course_run)
    with marketing_is_on():
        yield heard
    post_save.disconnect(save, sender=course_run)


def marketing_is_on() -> AbstractContextManager[object]:
    """Return a block in which the host pushes runs to marketing sites; the stand-in always does."""
    if not IS_HOST:
        return nullcontext()
    switch: Any = import_string("waffle.testutils.override_switch")
    block: AbstractContextManager[object] = switch("publish_course_runs_to_marketing_site", True)
    return block
