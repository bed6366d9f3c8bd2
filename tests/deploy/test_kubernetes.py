"""The manifests are what Kubernetes takes, and run what there is to run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from typing import Any

import kubernetes_validate
import pytest
import yaml

from shared import registry
from tests.deploy.commands import parse
from tests.deploy.kustomize import built
from tests.deploy.promql import DEPLOY
from tests.docs.blocks import ROOT, run_by
from tests.processes import TO_END

FOLDER = DEPLOY / "kubernetes"
OVERLAYS = ["credentials", "discovery", "license-manager"]
RELEASES = ["1.31", kubernetes_validate.latest_version()]
LEAVES_AFTER_SUPERVISOR = 2 * TO_END
OLDEST_KUSTOMIZE = (4, 1)
"""The first that knows ``labels``; kubectl brings its own."""


@pytest.fixture(params=OVERLAYS)
def documents(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What an overlay applies, by kind."""
    found = built(FOLDER / request.param)
    assert len(found) == len({document["kind"] for document in found})
    return {document["kind"]: document for document in found}


@pytest.fixture
def pod(documents: dict[str, Any]) -> Any:
    """The pod of the deployment."""
    return documents["Deployment"]["spec"]["template"]


@pytest.fixture
def worker(pod: Any) -> Any:
    """Its only container."""
    (container,) = pod["spec"]["containers"]
    return container


@pytest.mark.parametrize("release", RELEASES)
def test_schema(documents: dict[str, Any], release: str) -> None:
    """Each document has the fields of its kind and no other."""
    for document in documents.values():
        kubernetes_validate.validate(document, release, strict=True)


def kustomize_of_kubectl() -> tuple[int, ...]:
    """Return the version of kustomize that kubectl has; none of one that isn't there or is old."""
    if not shutil.which("kubectl"):
        return ()
    command = ["kubectl", "version", "--client", "--output=json"]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return tuple(map(int, re.findall(r"\d+", said.get("kustomizeVersion", ""))))


def test_page() -> None:
    """Its command prints what the other tests look at."""
    if kustomize_of_kubectl() < OLDEST_KUSTOMIZE:
        pytest.skip("kubectl isn't there, or too old to know labels; nobody installs it here")
    (block,) = run_by(__file__)
    done = subprocess.run(["bash", "-ec", block.text], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    printed = {each["kind"]: each for each in yaml.safe_load_all(done.stdout)}
    assert printed == {each["kind"]: each for each in built(FOLDER / "credentials")}


def test_command(worker: Any) -> None:
    """It runs the workers of one room that there is, with the port that is asked."""
    python, manage, *words = list[str](worker["command"] + worker["args"])
    assert (python, manage) == ("python", "manage.py")
    options = parse(shlex.join(words))
    (room,) = options.rooms
    assert registry.get_room(room)
    assert [port["containerPort"] for port in worker["ports"]] == [options.port]


def test_each_room_has_an_example() -> None:
    """Of those that this project brings."""
    deployments = [built(FOLDER / name)[0] for name in OVERLAYS]
    rooms = [each["spec"]["template"]["spec"]["containers"][0]["args"][0] for each in deployments]
    ours = [room.name for room in registry.rooms() if room.name.endswith("_sync")]
    assert sorted(rooms) == sorted(ours)


def test_scraping(pod: Any, worker: Any) -> None:
    """Prometheus is told the same port and path by annotations and by the monitor."""
    (port,) = worker["ports"]
    (monitor,) = built(FOLDER / "monitoring")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    annotations = pod["metadata"]["annotations"]
    assert annotations["prometheus.io/scrape"] == "true"
    assert annotations["prometheus.io/port"] == str(port["containerPort"])
    assert annotations["prometheus.io/path"] == endpoint["path"] == "/metrics"
    assert endpoint["port"] == port["name"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert monitor["spec"]["jobLabel"] in pod["metadata"]["labels"]


def test_probes(worker: Any) -> None:
    """A worker is killed only by the probe that doesn't fail for what is away."""
    paths = {name: worker[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness")}
    assert set(paths.values()) == {"/livez"}
    assert worker["readinessProbe"]["httpGet"]["path"] == "/readyz"
    for name in ("startup", "liveness", "readiness"):
        probe = worker[f"{name}Probe"]
        assert probe["httpGet"]["port"] == worker["ports"][0]["name"]
        assert probe["timeoutSeconds"] <= probe["periodSeconds"]


def test_hand_over(documents: dict[str, Any], pod: Any) -> None:
    """Nobody is killed while it leaves, and a deployment leaves no gap."""
    assert pod["spec"]["terminationGracePeriodSeconds"] > LEAVES_AFTER_SUPERVISOR
    deployment = documents["Deployment"]["spec"]
    assert deployment["replicas"] >= 2
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    labels = pod["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    assert documents["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels


def test_rooms_are_told_apart() -> None:
    """All may live in one namespace: no deployment takes another's pods."""
    deployments = [built(FOLDER / name)[0] for name in OVERLAYS]
    names = {each["metadata"]["name"] for each in deployments}
    instances = {
        each["spec"]["selector"]["matchLabels"]["app.kubernetes.io/instance"]
        for each in deployments
    }
    assert (len(names), len(instances)) == (len(OVERLAYS), len(OVERLAYS))


def test_secrets_are_named_only(documents: dict[str, Any], worker: Any) -> None:
    """No manifest holds one: what is secret is in the host's own file of settings."""
    assert "Secret" not in documents
    values = {each["name"]: each["value"] for each in worker["env"]}
    assert not [name for name in values if "PASSWORD" in name or "SECRET" in name or "KEY" in name]
    volumes = documents["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert [volume for volume in volumes if "secret" in volume]


def test_least_privilege(pod: Any, worker: Any) -> None:
    """The restricted profile of Kubernetes' pod security standards, and a file system to read."""
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert worker["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
