"""Every room's part of the demo is what it says, and the demo of all rooms holds together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from typing import cast

import pytest
from django.core.management import CommandError, call_command

from shared import registry
from shared.demo.kinds import AHEAD
from shared.demo.part import Part, Performance
from shared.demo.stream import AvroValue, Planned, Run, StockEvent
from shared.demo.verification import differing
from shared.messages import Message
from shared.outcomes import Outcome
from tests.shared.demo.samples import KEYS
from tests.wire import NOW, Wire, running_wire

ROOT = Path(__file__).parent.parent
ROOMS = [room.name for room in registry.rooms()]
ENDS = (Outcome.FILTERED, Outcome.PARKED, Outcome.DEAD)


def part_of(name: str) -> Part:
    """Return a room's part."""
    return cast(Part, import_module(f"{name}.demo"))


def perform(name: str, *, events: int = 1000, seed: int = 1, run: int = 1) -> Performance:
    """Return a room's part in a run; another run starts a second later."""
    part, started = part_of(name), NOW + timedelta(seconds=run - 1)
    ran = Run(events=events, seed=seed, started=started)
    return Performance(
        room=registry.get_room(name), part=part, run=ran, stream=part.make_stream(ran)
    )


@pytest.fixture(params=ROOMS)
def name(request):
    """A room's name."""
    return request.param


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """Producer, registry and decoder."""
    with running_wire() as running:
        yield running


def test_all_rooms_take_part():
    """The demo shows every room there is."""
    assert sorted(path.parent.name for path in ROOT.glob("*_sync/__init__.py")) == ROOMS


def test_shares_are_thousandths_of_a_whole(name):
    """What is stated adds up, and no two kinds have one name."""
    kinds = part_of(name).KINDS
    assert sum(kind.share for kind in kinds) == 1000
    assert len({kind.name for kind in kinds}) == len(kinds)


def test_a_thousand_events_have_every_kind_in_its_share(name):
    """Exactly."""
    performance = perform(name)
    counts = Counter(planned.kind.name for planned in performance.stream)
    assert counts == {kind.name: kind.share for kind in performance.part.KINDS}


@pytest.mark.parametrize("events", range(30))
def test_a_short_stream_is_possible(name, events):
    """However few events, each has something to refer to."""
    assert len(perform(name, events=events, seed=events).stream) == events


def test_the_same_seed_gives_the_same_stream(name):
    """In its text: a value that is not a number isn't equal to itself."""
    assert str(perform(name).stream) == str(perform(name).stream)


def test_another_seed_gives_another_stream(name):
    """With other events in another order."""
    assert str(perform(name).stream) != str(perform(name, seed=2).stream)


def test_rows_are_the_run_s_own(name):
    """So the demo touches no row that isn't its own."""
    one, other = perform(name), perform(name, run=2)
    assert not set(one.expected_if_in_order()) & set(other.expected_if_in_order())


def test_no_two_rooms_have_an_event_id_in_common():
    """An event is known again by its id."""
    ids = [{each.message.event_id for each in perform(name).stream} for name in ROOMS]
    assert len(set.union(*ids)) == sum(map(len, ids))


def test_no_event_is_ahead_of_its_time_but_those_that_shall_be(name):
    """The worker buries them."""
    ahead = [
        planned.kind.name
        for planned in perform(name).stream
        if isinstance(planned.message, StockEvent) and planned.message.metadata.time > NOW
    ]
    assert set(ahead) == {AHEAD}


def test_duplicates_have_the_id_that_their_name_says(name):
    """Some with the same id, some saying the same under another."""
    seen: list[StockEvent] = []
    for planned in perform(name).stream:
        message = planned.message
        if not isinstance(message, StockEvent):
            continue
        if planned.kind.name == "duplicate: same id":
            assert message in seen
        if planned.kind.name == "duplicate: other id, same fact":
            assert message.event_id not in [event.event_id for event in seen]
            assert message.data in [event.data for event in seen]
        seen.append(message)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("is_shuffled", [False, True], ids=["in order", "shuffled"])
def test_the_model_and_the_room_agree(name, seed, is_shuffled, wire):
    """Batch by batch and without a broker, a stream ends in its table and its planned outcomes."""
    performance = perform(name, events=400, seed=seed)
    messages = messages_of(performance, wire)
    if is_shuffled:
        Random(seed).shuffle(messages)
    outcomes = settle(performance, messages, wire)
    stored = performance.part.stored_rows(performance.run)
    assert not list(differing(performance.expected_if_in_order(), stored))
    assert {end: outcomes[end] for end in ENDS} == {end: performance.planned[end] for end in ENDS}
    assert outcomes.total() == len(messages)


@pytest.mark.django_db
def test_only_the_run_s_rows_are_read(name, wire):
    """Those of others, even of another run, are none of its business."""
    one, other = (perform(name, events=50, run=run) for run in (1, 2))
    for performance in (one, other):
        settle(performance, messages_of(performance, wire), wire)
    assert set(one.part.stored_rows(one.run)) == set(one.expected_if_in_order())


def messages_of(performance: Performance, wire: Wire) -> list[Message]:
    """Return a stream's messages as they land in one partition, without types nobody consumes."""
    return [
        replace(_message_of(planned, wire), offset=offset)
        for offset, planned in enumerate(performance.stream)
        if planned.kind.ends_as is not Outcome.IGNORED
    ]


def _message_of(planned: Planned, wire: Wire) -> Message:
    message = planned.message
    if isinstance(message, StockEvent):
        return wire.message(message.signal, time=message.metadata.time, **message.data)
    if isinstance(message.value, AvroValue):
        landed = wire.message(message.value.signal, **message.value.data)
        return replace(landed, headers=message.headers)
    return Message(
        topic=planned.topic,
        partition=0,
        offset=0,
        key=None,
        value=message.value,
        headers=message.headers,
        timestamp=NOW,
    )


def settle(performance: Performance, messages: Sequence[Message], wire: Wire) -> Counter[Outcome]:
    """Let a worker take messages in small batches, retrying what is woken; count the outcomes."""
    room, outcomes = performance.room, Counter[Outcome]()
    now = performance.run.started
    for first in range(0, len(messages), 7):
        result = wire.take(room, messages[first : first + 7], now=now)
        while True:
            for counts in result.counts.values():
                outcomes.update(counts)
            if not result.woken:
                break
            result = wire.retry(room, now=now)
    return outcomes


def test_a_dry_run_shows_the_plan_and_starts_nothing(capsys, monkeypatch):
    """Kinds, shares, numbers and rows, of every room."""
    monkeypatch.delattr("shared.demo.session.started")
    monkeypatch.setenv("COLUMNS", "100")
    call_command("demo", events=1000, dry_run=True)
    shown = capsys.readouterr().out
    assert all(name in shown for name in ROOMS)
    assert all(kind.name in shown for name in ROOMS for kind in part_of(name).KINDS)
    assert "334 events about" in shown


def test_a_dry_run_can_be_read_by_a_program(capsys):
    """One JSON object on stdout, the tables beside it."""
    call_command("demo", events=3000, dry_run=True, json=True)
    plan = json.loads(capsys.readouterr().out)
    assert list(plan) == ROOMS
    assert plan["credentials_grades_sync"]["rows"] == 350
    assert all(plan[name]["kinds"]["late"] == 60 for name in ROOMS)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--events=none", r"--events: 'none' is no whole number from 1 to 1,0"),
        ("--rate=-1", r"--rate: '-1' is no number from 0 to 1,0"),
        ("--rate=1e-12", r"--rate: '1e-12' is neither 0 nor 0.001 or more"),
    ],
)
def test_a_bad_value_is_one_line(option, message):
    """It names the option and what it takes."""
    with pytest.raises(CommandError, match=message):
        call_command("demo", option)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Migrate a database; return the environment that names it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.sqlite3'}"
    environment = {**os.environ, "DATABASE_URL": url}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.process_settings"
    manage("migrate", "--verbosity", "0", environment=environment).check_returncode()
    return environment


def manage(*arguments, environment):
    """Run a command of the project to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
    )


def run_demo(environment):
    """Run the demo with few events as fast as it goes."""
    options = ["--events", "600", "--rate", "0", "--exit", "--json"]
    return manage("demo", *options, environment=environment)


def test_the_demo_loses_nothing(database):
    """The last line adds up, for each room and for all, and the tables are the models'."""
    run = run_demo(database)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert list(result) == [*KEYS, "rooms"]
    assert list(result["rooms"]) == ROOMS
    for ended in (result, *result["rooms"].values()):
        assert sum(ended[outcome.value] for outcome in Outcome) == ended["produced"]
        assert ended["lost"] == 0
        assert 0 < ended["p50_ms"] <= ended["p99_ms"]
    for key in KEYS[:9]:
        assert result[key] == sum(room[key] for room in result["rooms"].values())
    assert result["produced"] == 600
    assert [room["parked"] for room in result["rooms"].values()] == [0, 0, 2]
    assert "all equal" in run.stderr


def test_the_demo_asks_nothing_of_a_service_s_own_bus(database, tmp_path):
    """Settings that name a broker for good, how to log in there and a log don't lead it astray."""
    (tmp_path / "service.py").write_text(
        """from tests.process_settings import *
from tests.process_settings import EVENT_SYNC

EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = "127.0.0.1:1"
EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = "http://127.0.0.1:1"
EVENT_BUS_TOPIC_PREFIX = "prod"
EVENT_BUS_KAFKA_API_KEY = EVENT_BUS_KAFKA_API_SECRET = "key"
EVENT_SYNC |= {"CARRIER": "signal", "KAFKA_CONSUMER_CONFIG": {"security.protocol": "sasl_ssl"}}
NOWHERE = {"class": "logging.NullHandler"}
KEPT_QUIET = {"handlers": ["nowhere"], "level": "ERROR", "propagate": False}
LOGGING = {
    "version": 1,
    "handlers": {"nowhere": NOWHERE},
    "loggers": {"shared": KEPT_QUIET, "shared.kafka": KEPT_QUIET},
}
"""
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    service = {**database, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "service"}
    run = run_demo(service)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert (result["produced"], result["lost"]) == (600, 0)


def test_the_demo_finds_out_a_destination_without_a_guard(database, settings):
    """In the same database: rows that follow the order of arrival differ from the model."""
    destinations = {
        **settings.EVENT_SYNC["DESTINATIONS"],
        "user-grades": "tests.credentials_grades_sync.unguarded.write_user_grades",
    }
    run = run_demo({**database, "EVENT_SYNC": json.dumps({"DESTINATIONS": destinations})})
    assert run.returncode == 1
    problems = [line for line in run.stderr.splitlines() if "the model says" in line]
    assert problems
    assert all("credentials_grades_sync: row" in line for line in problems)
    assert json.loads(run.stdout.splitlines()[-1])["produced"] == 600
