"""Every block of commands in the pages is run: here, or where the comment above it says.

A page is a session: its blocks run in their order in a service that has what they are about.
"""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, migrated_database
from tests.docs.blocks import ROOT, all_of_commands
from tests.docs.promises import broken
from tests.docs.service import Service
from tests.listing import Listing, served

BLOCKS = [block for block in all_of_commands() if not block.mark]
PAGES = {str(block.page.relative_to(ROOT)): block.page for block in BLOCKS}
COURSE_RUN = {
    "id": "course-v1:edX+Tests+2026",
    "name": "Tests",
    "start": "2026-03-01T00:00:00Z",
    "end": None,
    "enrollment_start": None,
    "enrollment_end": None,
    "pacing": "instructor",
    "hidden": False,
    "invitation_only": False,
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A broker, a registry and a migrated database file for one page."""
    cluster = Cluster(tmp_path, migrated_database(tmp_path, tmp_path_factory), partitions=1)
    yield cluster
    cluster.close()


@pytest.fixture
def site(cluster: Cluster) -> str:
    """The address at which the service itself answers."""
    process = cluster.start(
        *("runserver", "--noreload", "127.0.0.1:0"),
        DJANGO_SETTINGS_MODULE="tests.docs.service_settings",
        PYTHONUNBUFFERED=1,
    )
    process.wait_for(ADDRESS.pattern)
    found = ADDRESS.search(process.output)
    assert found
    return found[1]


ADDRESS = re.compile(r"server at (http://[\d.:]+)")


def free_port() -> str:
    """Return a port that nobody has at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str, request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> None:
    """Its commands end as it says, and print what it promises."""
    found = [block for block in BLOCKS if block.page == PAGES[name]]
    needs_site = any("https://credentials.example.com" in block.text for block in found)
    if needs_site and not shutil.which("curl"):
        pytest.skip("curl isn't there, with which the page asks the service")
    with served(Listing([[COURSE_RUN]], is_nested=True)) as lms:
        names = {"https://lms.example.com": lms.url, "9100": free_port()}
        if needs_site:
            names["https://credentials.example.com"] = request.getfixturevalue("site")
        service = Service(tmp_path, cluster, names)
        for block in found:
            ran = service.run(block)
            problems = [line for command in ran for line in broken(command)]
            assert ran, f"{block.place}: nothing ran"
            assert not problems, "\n".join([f"{block.place}:", *problems, *map(str, ran)])
