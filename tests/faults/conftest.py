"""Real servers for the tests in this folder; `make test-services` starts them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.faults.arena import Arena
from tests.services import NotRunning, Services, running
from tests.services.database import DatabaseServer
from tests.services.folders import folder_of

MakeArena: TypeAlias = Callable[..., Arena]
Report: TypeAlias = Callable[[str], None]

_MEASURED = "measured"


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Return what prints a line at the end of the run: what was measured, for people."""
    # Properties of a test come from pytest's processes to the one that prints.
    return lambda line: request.node.user_properties.append((_MEASURED, line))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests have reported."""
    reports = chain.from_iterable(terminalreporter.stats.values())
    calls = [each for each in reports if getattr(each, "when", None) == "call"]
    lines = [line for call in calls for name, line in call.user_properties if name == _MEASURED]
    if lines:
        terminalreporter.section(_MEASURED)
    for line in lines:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def started_services() -> Services:
    """The servers of this process alone; without them a failure in CI, and a skip elsewhere.

    The first of pytest's processes, or its only one, has those that ``make services`` starts.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    try:
        return running(folder_of(number))
    except NotRunning as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture
def services(started_services: Services) -> Iterator[Services]:
    """All servers up; what a test pauses or kills is up again after it."""
    started_services.mend()
    yield started_services
    started_services.mend()


@pytest.fixture(scope="session")
def is_full() -> bool:
    """Whether the scenarios run at their full sizes: `make test-services FULL=1`."""
    return os.environ.get("FULL") == "1"


@pytest.fixture(params=["postgresql", "mariadb"])
def database(services: Services, request: pytest.FixtureRequest) -> DatabaseServer:
    """Each database server, or the one that the test names."""
    server: DatabaseServer = getattr(services, request.param)
    return server


@pytest.fixture
def make_arena(services: Services, database: DatabaseServer, tmp_path: Path) -> Iterator[MakeArena]:
    """Return what makes an arena; its arguments are those of ``Arena``."""
    with ExitStack() as stack:

        def make(**options: Any) -> Arena:
            return stack.enter_context(closing(Arena(services, database, tmp_path, **options)))

        yield make
        # Before the databases are dropped: what the test has frozen would never answer.
        services.mend()


@pytest.fixture
def arena(make_arena: MakeArena) -> Arena:
    """A topic, a database and a group for one test."""
    return make_arena()
