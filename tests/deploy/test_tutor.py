"""What Tutor makes of the plugin: rendered by Tutor itself, with the plugins of the hosts."""

from __future__ import annotations

import ast
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.utils.module_loading import import_string

from shared import registry
from tests.deploy.commands import parse
from tests.deploy.promql import DEPLOY
from tests.docs.blocks import ROOT, run_by

TUTOR = Path(sys.executable).with_name("tutor")
PLUGIN = DEPLOY / "tutor" / "event_sync.py"
ROOMS = {
    "credentials": "credentials_grades_sync",
    "discovery": "discovery_course_run_sync",
    "lms": "enterprise_license_sync",
}
SETTINGS = {
    "credentials": "plugins/credentials/apps/credentials/settings/production.py",
    "discovery": "plugins/discovery/apps/settings/tutor/production.py",
    "lms": "apps/openedx/settings/lms/production.py",
}
pytestmark = pytest.mark.skipif(
    not TUTOR.exists(), reason="Tutor isn't there; make test-services installs it"
)


def rendered(folder: Path, *plugins: str, **values: Any) -> Path:
    """Return the environment that Tutor renders with these plugins and settings."""
    (folder / "plugins").mkdir(parents=True)
    shutil.copy(PLUGIN, folder / "plugins")
    home = {"TUTOR_ROOT": str(folder / "root"), "TUTOR_PLUGINS_ROOT": str(folder / "plugins")}
    settings = [f"--set={name}={yaml.safe_dump(v).strip()}" for name, v in values.items()]
    for command in (["plugins", "enable", *plugins, "event_sync"], ["config", "save", *settings]):
        subprocess.run(
            [TUTOR, *command], env={**os.environ, **home}, check=True, capture_output=True
        )
    return folder / "root" / "env"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with all hosts and all rooms."""
    return rendered(
        tmp_path_factory.mktemp("tutor"),
        *("mfe", "discovery", "credentials"),
        EVENT_SYNC_ROOMS=[*ROOMS.values()],
        EVENT_SYNC_KAFKA_BOOTSTRAP_SERVERS="kafka.example.org:9092",
    )


def services(environment: Path, path: str = "local/docker-compose.yml") -> dict[str, Any]:
    """Return the services of a compose file."""
    return dict(yaml.safe_load((environment / path).read_text())["services"])


def workers_of(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the documents of our workers, by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for document in yaml.safe_load_all(text):
        if document and document["metadata"]["name"].endswith("-event-sync"):
            found.setdefault(document["metadata"]["name"], []).append(document)
    return found


def understood(command: str, service: str) -> Any:
    """Return what ``run_consumers`` understands, as the host's ``manage.py`` calls it."""
    manage, *words = shlex.split(command.removeprefix("exec "))
    assert manage == "./manage.py"
    return parse(shlex.join(words[1:] if service == "lms" else words))


@pytest.mark.parametrize("service", ROOMS)
def test_local(environment: Path, service: str) -> None:
    """A worker has its host's image and files, and the command of its room."""
    found = services(environment)
    worker, host = found[f"{service}-event-sync"], found[service]
    options = understood(worker["command"], service)
    assert (options.rooms, options.port) == ([ROOMS[service]], 9100)
    assert worker["image"] == host["image"]
    settings = worker["environment"]["DJANGO_SETTINGS_MODULE"]
    assert settings == host["environment"]["DJANGO_SETTINGS_MODULE"]
    places = [volume.split(":")[:2] for volume in host["volumes"]]
    assert [v for v in worker["volumes"] if v.split(":")[:2] not in places] == []


@pytest.mark.parametrize("service", ["credentials", "discovery"])
def test_development(environment: Path, service: str) -> None:
    """A worker has its host's settings for development."""
    found = services(environment, "dev/docker-compose.yml")
    worker, host = found[f"{service}-event-sync"], found[service]
    settings = worker["environment"]["DJANGO_SETTINGS_MODULE"]
    assert settings == host["environment"]["DJANGO_SETTINGS_MODULE"]


@pytest.mark.parametrize("service", ROOMS)
def test_kubernetes(environment: Path, service: str) -> None:
    """The manifests are of their kind, and run the same."""
    text = (environment / "k8s" / "deployments.yml").read_text()
    documents = workers_of(text)[f"{service}-event-sync"]
    for document in documents:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    deployment, budget = documents
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    options = understood(container["args"][0], service)
    assert options.rooms == [ROOMS[service]]
    assert container["ports"] == [{"name": "metrics", "containerPort": options.port}]
    assert budget["spec"]["selector"] == deployment["spec"]["selector"]


@pytest.mark.parametrize("service", ROOMS)
def test_settings(environment: Path, service: str) -> None:
    """They are Python; each consumer of the room has a destination that this package has."""
    values = assigned((environment / SETTINGS[service]).read_text())
    destinations = values["EVENT_SYNC"]["DESTINATIONS"]
    consumers = registry.get_room(ROOMS[service]).consumers
    assert {*destinations} == {consumer.name for consumer in consumers}
    for path in destinations.values():
        assert import_string(path)
    assert values["EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS"] == "kafka.example.org:9092"


def assigned(text: str) -> dict[str, Any]:
    """Return the literal values that a module ends up with, by name."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # made of other values
    return found


def test_publisher_stays_unless_told(environment: Path, tmp_path: Path) -> None:
    """Whoever listens to Tutor's Redis goes on hearing; with Kafka chosen both sides agree."""
    key = "EVENT_BUS_PRODUCER"
    before = assigned((environment / SETTINGS["lms"]).read_text())
    other = rendered(tmp_path, EVENT_SYNC_PUBLISH_TO_KAFKA=True)
    after = assigned((other / SETTINGS["lms"]).read_text())
    assert before[key] == "edx_event_bus_redis.create_producer"
    assert after[key] == "edx_event_bus_kafka.create_producer"


def test_host_that_is_not_enabled(tmp_path: Path) -> None:
    """Its room has no worker, though it is among the defaults."""
    found = services(rendered(tmp_path, "mfe", "discovery"))
    assert [name for name in found if name.endswith("-event-sync")] == ["discovery-event-sync"]


def test_page(tmp_path: Path) -> None:
    """Its commands enable the plugin, and get the package into the images."""
    (block,) = run_by(__file__)
    (tmp_path / "plugins").mkdir()
    home = {
        "TUTOR_ROOT": str(tmp_path / "root"),
        "TUTOR_PLUGINS_ROOT": str(tmp_path / "plugins"),
        "PATH": os.pathsep.join([str(TUTOR.parent), os.environ["PATH"]]),
    }
    hosts = "tutor plugins enable mfe discovery credentials"
    done = subprocess.run(
        ["bash", "-ec", f"{hosts}\n{block.text}"],
        cwd=ROOT,
        env={**os.environ, **home},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    environment = tmp_path / "root" / "env"
    values = assigned((environment / SETTINGS["credentials"]).read_text())
    assert values["EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS"] == "kafka.example.org:9092"
    for host in ("credentials", "discovery"):
        text = (environment / f"plugins/{host}/build/{host}/Dockerfile").read_text()
        assert "pip install 'openedx-event-sync'" in text
