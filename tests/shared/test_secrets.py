"""Secrets of the settings are in no output: of no command, and least of all while all is away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import PATIENCE, ROOT, Process

NOWHERE = "127.0.0.1:1"
"""Where nobody answers."""
SECRETS = {
    "database": "s3cr3t-of-the-database",
    "broker": "s3cr3t-of-the-broker",
    "registry": "s3cr3t-of-the-registry",
    "sasl": "s3cr3t-of-sasl",
    "key": "s3cr3t-of-the-private-key",
    "account": "s3cr3t-of-the-account",
    "django": "s3cr3t-of-django",
}
LIBRDKAFKA = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.username": "worker",
    "sasl.password": SECRETS["sasl"],
    "ssl.key.password": SECRETS["key"],
    "debug": "all",
}
BROKEN = {
    "unknown option": {"sasl.pass": SECRETS["sasl"]},
    "bad value": {"security.protocol": "nothing"},
    "no dictionary": [SECRETS["sasl"]],
}
GRADES, RUNS = "credentials_grades_sync", "discovery_course_run_sync"
URL = "http://127.0.0.1:1/api/"
COMMANDS = [
    ("check",),
    ("list_consumers",),
    ("list_consumers", "--json"),
    ("event_catalog", "--json"),
    ("sync_status",),
    ("rewind", GRADES, "--to", "earliest"),
    ("dead_letters", "list"),
    ("dead_letters", "replay", "--apply"),
    ("parked", "list"),
    ("shadow_report", GRADES),
    ("forget_shadow", GRADES),
    ("prune_event_sync", "--apply"),
    ("retire_learners", "--username", "ada", "--apply"),
    ("backfill", GRADES, "--from", "/nowhere/rows.jsonl"),
    ("reconcile", RUNS, "--from-url", f"http://ada:{SECRETS['account']}@{NOWHERE}/api/"),
]
WORKERS = [("run_consumers", GRADES), ("run_consumers", "--all")]


def environment(kafka: object = None, **more: str) -> dict[str, str]:
    """Return an environment with all secrets, in which nobody answers."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "shared.project.settings",
        "DATABASE_URL": f"postgres://ada:{SECRETS['database']}@{NOWHERE}/grades",
        "SECRET_KEY": SECRETS["django"],
        "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": NOWHERE,
        "EVENT_BUS_KAFKA_API_KEY": "worker",
        "EVENT_BUS_KAFKA_API_SECRET": SECRETS["broker"],
        "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": f"http://{NOWHERE}",
        "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY": "worker",
        "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_SECRET": SECRETS["registry"],
        "BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL": f"http://{NOWHERE}/oauth2",
        "BACKEND_SERVICE_EDX_OAUTH2_KEY": "worker",
        "BACKEND_SERVICE_EDX_OAUTH2_SECRET": SECRETS["account"],
        "EVENT_SYNC_KAFKA_CONSUMER_CONFIG": json.dumps(LIBRDKAFKA if kafka is None else kafka),
        "LOG_LEVEL": "DEBUG",
        **more,
    }


def told(text: str) -> list[str]:
    """Return whose secrets are in a text."""
    return [name for name, secret in SECRETS.items() if secret in text]


def run(arguments: tuple[str, ...], **variables: object) -> str:
    """Run a command to its end and return all that it says."""
    kafka = variables.pop("kafka", None)
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(kafka, **{name: str(value) for name, value in variables.items()}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert done.stdout.strip(), arguments
    return done.stdout


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda each: " ".join(each[:2]))
def test_command_while_all_is_away(arguments):
    """The database, the broker and the registry."""
    assert told(run(arguments)) == []


@pytest.mark.parametrize("kafka", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("arguments", [("check",), ("rewind", GRADES, "--to", "earliest")])
def test_options_of_librdkafka_that_are_wrong(tmp_path, arguments, kafka):
    """What is wrong is said by its name; the database is there, so that it is come to."""
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    assert told(run(arguments, kafka=kafka, DATABASE_URL=url)) == []


@pytest.mark.parametrize(
    "url",
    [
        f"nothing://ada:{SECRETS['database']}@{NOWHERE}/grades",
        f"postgres://ada:{SECRETS['database']}@{NOWHERE}:x/grades",
        SECRETS["database"],
    ],
)
def test_address_of_a_database_that_is_none(url):
    """It is named, and not shown."""
    text = run(("check",), DATABASE_URL=url)
    assert "DATABASE_URL" in text
    assert told(text) == []


def test_registry_with_a_login_in_its_address(tmp_path):
    """As upstream allows it."""
    address = f"ftp://ada:{SECRETS['registry']}@{NOWHERE}"
    text = run(("check",), EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL=address)
    assert "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL" in text
    assert told(text) == []


@pytest.mark.parametrize("arguments", WORKERS, ids=" ".join)
def test_worker_while_all_is_away(tmp_path: Path, arguments: tuple[str, ...]):
    """With all that librdkafka has to say, and until it is told to stop."""
    process = Process(arguments, environment(), tmp_path / "output")
    try:
        process.wait_for("waiting|Fatal")
        if not process.has_ended:
            process.stop()
        assert told(process.output) == []
    finally:
        process.kill()
