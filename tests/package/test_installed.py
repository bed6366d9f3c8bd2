"""The wheel at work in an environment of its own, as README tells a service to install it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.cluster import CONSUMER_CONFIG, Cluster
from tests.grades import COURSE, Grade
from tests.package.environment import Environment, variables
from tests.processes import ROOT, Process

README = (ROOT / "README.md").read_text()
BLOCKS = [dedent(block) for block in re.findall(r"```python\n(.+?)```", README, re.DOTALL)]
ENTRY_POINTS = """
from importlib.metadata import distribution
for entry_point in distribution("openedx-event-sync").entry_points:
    # pytest's plugin is for who has pytest: the extra "testing".
    if entry_point.group != "pytest11":
        print(entry_point.load().__name__)
"""


@pytest.fixture(scope="module")
def project(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new Django project with README's settings, and its tables."""
    folder = tmp_path_factory.mktemp("project")
    environment.python("-m", "django", "startproject", "service", ".", folder=folder)
    (settings,) = (block for block in BLOCKS if "INSTALLED_APPS" in block)
    with (folder / "service" / "settings.py").open("a") as file:
        file.write(settings)
    environment.python("manage.py", "migrate", folder=folder)
    return folder


@pytest.fixture
def cluster(project: Path, tmp_path: Path) -> Iterator[Cluster]:
    """A broker and a registry, to which the project's settings lead instead of README's."""
    cluster = Cluster(tmp_path, project / "db.sqlite3")
    with (project / "service" / "settings.py").open("a") as file:
        print(
            f"EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = {cluster.broker.bootstrap_servers!r}",
            f"EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = {cluster.registry.url!r}",
            f"EVENT_SYNC['KAFKA_CONSUMER_CONFIG'] = {CONSUMER_CONFIG}",
            sep="\n",
            file=file,
        )
    yield cluster
    cluster.close()


def test_installed_code_runs(environment, project):
    """Nothing here is imported from the checkout."""
    program = "import shared; print(shared.__file__)"
    found = Path(environment.python("-c", program, folder=project).strip())
    assert found.is_relative_to(environment.programs.parent)


def test_readme_s_settings_are_right(environment, project):
    """No check finds an error, and the consumer that they install is there."""
    environment.python("manage.py", "check", folder=project)
    listed = json.loads(environment.python("manage.py", "list_consumers", "--json", folder=project))
    assert [consumer["consumer"] for consumer in listed] == ["user-grades"]


def test_migrations_are_complete(environment, project):
    """The models that are installed have no change that no migration makes."""
    environment.python("manage.py", "makemigrations", "--check", "--dry-run", folder=project)


def test_readme_s_worker_writes(environment, project, cluster, tmp_path):
    """README's last step: the worker starts, makes a row of an event, and ends when told to."""
    (command,) = re.findall(r"`python manage\.py (run_consumers \w+)`", README)
    cluster.publish(Grade(learner=7, percent=90))
    worker = Process(
        command.split(),
        variables(),
        tmp_path / "worker.log",
        manage=(str(environment.programs / "python"), "manage.py"),
        folder=project,
    )
    try:
        cluster.wait_until_settled()
        assert list(cluster.table()) == [(7, COURSE)]
        assert worker.stop(signal.SIGTERM) == 0
    finally:
        worker.kill()


def test_demo_loses_nothing(environment, tmp_path):
    """The reference project comes with the wheel: all rooms, on an embedded broker."""
    django = ("-m", "django")
    settings = {"DJANGO_SETTINGS_MODULE": "shared.project.settings"}
    environment.python(*django, "migrate", folder=tmp_path, **settings)
    demo = ("demo", "--events", "200", "--exit", "--json")
    result = json.loads(
        environment.python(*django, *demo, folder=tmp_path, **settings).splitlines()[-1]
    )
    assert (result["produced"], result["lost"]) == (200, 0)


def test_entry_points_lead_somewhere(environment, tmp_path):
    """Hosts find the plugins under the names that the wheel declares."""
    loaded = environment.python("-c", ENTRY_POINTS, folder=tmp_path).split()
    assert {"EventSyncConfig", "CredentialsGradesSyncConfig"} < set(loaded)
