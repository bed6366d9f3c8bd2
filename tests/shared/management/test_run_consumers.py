"""``run_consumers`` says in one clear line what is wrong, and with a status of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError
from django.core.management import call_command

from shared import supervisor
from shared.management.commands import run_consumers
from shared.supervisor import FATAL_STATUS
from tests.cluster import Cluster
from tests.grades import ROOM, TOPIC, Grade
from tests.processes import Process


@pytest.mark.parametrize(
    ("rooms", "said"),
    [
        ([], "Name rooms, or say --all. Hint: See manage.py list_consumers."),
        ([ROOM, "--all"], "Name rooms, or say --all"),
        (["credentials_grade_sync"], f"Hint: Did you mean '{ROOM}'?"),
        (["accounts"], f"Hint: Known rooms: {ROOM}"),
        ([ROOM, "--shadow"], f"Room '{ROOM}' has no shadow consumer. Hint: Make one of them"),
        (["--all", "--shadow"], "No room has a shadow consumer. Hint: Look at EVENT_SYNC['MODES']"),
    ],
)
def test_rooms(rooms: list[str], said: str, run: Callable[..., str]) -> None:
    """Which rooms there are is said to whoever names none, or one that isn't there."""
    assert said in run(*rooms)


@pytest.mark.parametrize(
    ("event_sync", "said"),
    [
        ([], "EVENT_SYNC is not a dictionary. Hint:"),
        ({"BATCHSIZE": 1}, "'BATCHSIZE'] is not a setting. Hint: Did you mean 'BATCH_SIZE'?"),
        ({"BATCH_SIZE": "many"}, "'BATCH_SIZE'] must be a whole number above 0. Hint:"),
        ({"DESTINATIONS": {}}, "has no destination. Hint:"),
        ({"DESTINATIONS": {"user-grades": "no.such"}}, "can't be imported: No module named 'no'"),
        ({"MODES": {"user-grade": "shadow"}}, "'MODES'] names 'user-grade', which is no installed"),
        ({"FILTERS": {"user-grade": []}}, "'FILTERS'] names 'user-grade', which is no installed"),
        ({"MODES": {"user-grades": "shadow"}}, "has no live consumer. Hint:"),
        ({"CARRIER": "signal"}, "'CARRIER'] is 'signal': no room acts in a worker then. Hint:"),
    ],
)
def test_settings(event_sync: Any, said: str, run: Callable[..., str], settings: Any) -> None:
    """A setting that can't be is named, with what to do about it."""
    is_whole = not isinstance(event_sync, dict)
    settings.EVENT_SYNC = event_sync if is_whole else settings.EVENT_SYNC | event_sync
    assert said in run(ROOM)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"enable.auto.commit": True}, "sets enable.auto.commit. Hint: Leave it out"),
        ({"default.topic.config": {}}, "sets default.topic.config. Hint: Leave it out"),
        ({"fetch.mim.bytes": 1}, 'No such configuration property: "fetch.mim.bytes". Hint:'),
        ({"max.poll.interval.ms": "long"}, '"max.poll.interval.ms". Hint: Correct EVENT_SYNC'),
    ],
)
def test_librdkafka_options(
    options: dict[str, Any], said: str, run: Callable[..., str], settings: Any
) -> None:
    """An option that librdkafka doesn't know, or that the guarantees need otherwise, is named."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"KAFKA_CONSUMER_CONFIG": options}
    assert said in run(ROOM)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BOOTSTRAP_SERVERS", None, "BOOTSTRAP_SERVERS is not set. Hint: Set it to host:port"),
        ("SCHEMA_REGISTRY_URL", None, "SCHEMA_REGISTRY_URL is not set. Hint: Set it to the http"),
        ("SCHEMA_REGISTRY_URL", "kafka://there", "has the scheme 'kafka'. Hint: It must start"),
        ("CONSUMERS_ENABLED", False, "CONSUMERS_ENABLED is off. Hint: Set it to True"),
    ],
)
def test_upstream_settings(
    name: str, value: object, said: str, run: Callable[..., str], settings: Any
) -> None:
    """An address that is missing or can't be one, and the kill switch, are named."""
    setattr(settings, f"EVENT_BUS_KAFKA_{name}", value)
    assert said in run(ROOM)


@pytest.fixture
def run(settings: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command, see that it fails, and return the one line that it says."""
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = "127.0.0.1:1"
    settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = "http://127.0.0.1:1"

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit, match=f"^{FATAL_STATUS}$"):
            run_consumers.Command().run_from_argv(["manage.py", "run_consumers", *arguments])
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return run


def test_topic_is_missing(cluster: Cluster) -> None:
    """A topic that the broker doesn't have ends the worker after a grace period."""
    cluster.broker.set_topic_error(TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
    command = cluster.start(EVENT_SYNC={"TOPIC_GRACE": 0.3})
    assert_fails_with(command, f"The broker has no topic '{TOPIC}'. Hint: Create it")


def test_migrations_are_missing(cluster: Cluster) -> None:
    """A database without our tables ends the worker, and nothing is committed."""
    cluster.publish(Grade())
    command = cluster.start(DATABASE_URL=f"sqlite:///{cluster.database}-empty")
    assert_fails_with(command, "The database refused a query: .* Hint: Are the migrations applied?")
    assert cluster.committed() == {}


def test_avro_extra_is_missing(cluster: Cluster, tmp_path: Path) -> None:
    """Without the parts of confluent-kafka that its extras bring, the worker names them."""
    (tmp_path / "authlib.py").write_text("raise ImportError('No module named authlib')")
    command = cluster.start(PYTHONPATH=tmp_path)
    assert_fails_with(command, r"lacks its Avro parts: .*authlib.* Hint: pip install .*\[avro")


def assert_fails_with(command: Process, pattern: str) -> None:
    """See that a command fails, and that its last line says why."""
    assert command.exit_status() == FATAL_STATUS
    assert re.search(f"^CommandError: Fatal: .*{pattern}", command.lines[-1]), command.tail
    assert "Traceback" not in command.output


@pytest.mark.parametrize(("port", "ports"), [(9100, [9100, 9101]), (0, [0, 0])])
def test_ports_of_several_rooms(
    port: int, ports: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a port of its own: the next one, or any that is free."""
    commands: list[list[str]] = []
    rooms = ["credentials_grades_sync", "discovery_course_run_sync"]

    def supervise(names: list[str], command: Callable[[str], list[str]]) -> None:
        commands.extend(command(name) for name in names)

    monkeypatch.setattr(supervisor, "supervise", supervise)
    call_command("run_consumers", *rooms, port=port)
    said = [word for command in commands for word in command if word.startswith("--port")]
    assert said == [f"--port={number}" for number in ports]


@pytest.fixture
def start(cluster: Cluster, tmp_path: Path) -> Callable[..., Process]:
    """Start the command in a service whose ``LOGGING`` is this, while the broker is away."""

    def start(logging: object, *arguments: str) -> Process:
        lines = ["from tests.process_settings import *", f"LOGGING = {logging!r}"]
        (tmp_path / "service.py").write_text("\n".join(lines))
        environment = {
            "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
            "DJANGO_SETTINGS_MODULE": "service",
            "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        }
        return cluster.start("run_consumers", *arguments, **environment)

    return start


def test_a_service_that_configures_no_log_sees_ours(start: Callable[..., Process]) -> None:
    """With the time, as the worker's own lines: Kafka's client would say the same without end."""
    worker = start({}, ROOM)
    worker.wait_for(r"^2\d{3}-\S+ \S+ INFO worker.started room=")
    worker.wait_for(r"^2\d{3}-\S+ \S+ WARNING broker.waiting ")
    assert worker.stop() == 0
    assert "FAIL" not in worker.output


@pytest.mark.parametrize("arguments", [[ROOM], ["--all"]])
def test_verbosity_of_the_log(arguments: list[str], start: Callable[..., Process]) -> None:
    """None is warnings alone, in the workers of a supervisor as well; 2 is the client's lines."""
    quiet = start({}, *arguments, "--verbosity=0")
    quiet.wait_for("WARNING broker.waiting ")
    assert quiet.stop() == 0
    assert "INFO" not in quiet.output
    start({}, *arguments, "--verbosity=2").wait_for("FAIL .*Connect")


def test_a_service_s_own_log_stays_as_it_is(start: Callable[..., Process]) -> None:
    """What it doesn't show isn't shown."""
    console = {"class": "logging.StreamHandler"}
    worker = start({"version": 1, "handlers": {"c": console}, "root": {"handlers": ["c"]}}, ROOM)
    worker.wait_for("^broker.waiting ")
    assert worker.stop() == 0
    assert "worker.started" not in worker.output


def test_a_part_of_ours_that_a_service_shows_is_shown_once(start: Callable[..., Process]) -> None:
    """The service's way; what it has no handler for is shown as in a service without a log."""
    console = {"class": "logging.StreamHandler"}
    waiting = {"shared.kafka.outage": {"handlers": ["c"]}}
    worker = start({"version": 1, "handlers": {"c": console}, "loggers": waiting}, ROOM)
    worker.wait_for("^broker.waiting ")
    assert worker.stop() == 0
    assert "INFO worker.started" in worker.output
    assert "WARNING broker.waiting" not in worker.output
