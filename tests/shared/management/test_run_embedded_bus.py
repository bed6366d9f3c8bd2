"""``run_embedded_bus``: another process gets to the broker and the registry by what it prints."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import SchemaRegistryClient
from django.core.management import CommandError, call_command

from shared import registry
from shared.embedded import EmbeddedBroker, EmbeddedBrokerUnavailable
from tests.processes import PATIENCE, Process

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("EVENT_")},
    "DJANGO_SETTINGS_MODULE": "tests.process_settings",
    "EVENT_SYNC": "{}",
}


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Process]:
    """The command, in a service whose topics have a prefix."""
    environment = ENVIRONMENT | {"EVENT_BUS_TOPIC_PREFIX": "stage"}
    process = Process(["run_embedded_bus"], environment, tmp_path / "bus.log")
    process.wait_for("^# Ctrl-C ends it")
    yield process
    process.kill()


def exported(bus: Process) -> dict[str, str]:
    """Return the variables that it names."""
    return dict(re.findall(r"^export (\w+)=(\S+)$", bus.output, re.MULTILINE))


def test_it_leads_to_both(bus: Process) -> None:
    """The broker has the topics of all installed rooms, named as their workers name them."""
    variables = exported(bus)
    servers = variables["EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS"]
    broker = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    topics = {f"stage-{topic}" for room in registry.rooms() for topic in room.topics}
    assert topics
    assert topics <= set(broker.list_topics(timeout=PATIENCE).topics)
    url = variables["EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL"]
    with SchemaRegistryClient({"url": url}) as client:
        assert client.get_subjects() == []
    assert variables["EVENT_BUS_TOPIC_PREFIX"] == "stage"


def test_a_shell_can_read_it(bus: Process) -> None:
    """All of it: the environment comes first, what people want to know beside it is a comment."""
    lines = bus.output.splitlines()
    exports = [line.startswith("export ") for line in lines]
    assert exports == sorted(exports, reverse=True)
    assert any(exports)
    assert all(line.startswith("# ") for line in lines[sum(exports) :])
    read = run(["sh", "-ec", bus.output], capture_output=True, text=True, timeout=PATIENCE)
    assert (read.returncode, read.stdout, read.stderr) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_to(bus: Process, number: signal.Signals) -> None:
    """With nothing to complain of."""
    assert bus.stop(number) == 0
    assert "Traceback" not in bus.output


def test_where_it_can_t_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so in one line."""

    def refuse(*_: object) -> None:
        raise EmbeddedBrokerUnavailable("There is no free port.")

    monkeypatch.setattr(EmbeddedBroker, "__init__", refuse)
    with pytest.raises(CommandError, match=r"^Fatal: There is no free port\.$"):
        call_command("run_embedded_bus")
