"""What the tests of this destination share: the room, a site, and a run in its catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared import registry
from shared.consumer import Room
from shared.outcomes import Outcome
from shared.testing import deliver
from tests.hosts.credentials.rows import (
    make_program,
    make_run,
    make_site,
)

DESTINATION = "credentials_grades_sync.hosts.credentials.USER_GRADES"


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Let the room write to Credentials, with these options."""

    def configure(**options: Any) -> None:
        event_sync = settings.EVENT_SYNC
        settings.EVENT_SYNC = {
            **event_sync,
            "DESTINATIONS": {**event_sync["DESTINATIONS"], "user-grades": DESTINATION},
            "DESTINATION_OPTIONS": {"user-grades": options},
        }

    return configure


@pytest.fixture
def site(db: None, configure: Callable[..., None]) -> Any:
    """The one site whose runs get grades, with learner records."""
    site = make_site()
    configure(SITES=[site.domain])
    return site


@pytest.fixture
def run(site: Any) -> Any:
    """The run of a program in the site's catalogue."""
    run = make_run(site)
    make_program(site, run)
    return run


@pytest.fixture
def room() -> Room:
    """The room, as its application registered it."""
    return registry.get_room("credentials_grades_sync")


@pytest.fixture
def outcomes(room: Room) -> Callable[..., list[Outcome]]:
    """Deliver events as one batch and return how they ended."""
    return lambda *events, **options: [
        ending.outcome for ending in deliver(room, *events, **options).endings
    ]
