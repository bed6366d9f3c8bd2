"""Real servers for the tests in this folder; `make test-services` starts them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.services import NotRunning, Services, running


@pytest.fixture(scope="session")
def started_services() -> Services:
    """The servers of this checkout; without them a failure in CI, and a skip elsewhere."""
    try:
        return running()
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
