"""``rewind`` says what a group would consume again or pass over, and in one line what it can't do.

That it moves a group is shown on real Kafka (``tests/faults/test_rewind.py``): the embedded broker
describes no groups, and knows no offsets by time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from confluent_kafka import KafkaError
from django.core.management import CommandError, call_command

from tests.cluster import Cluster
from tests.grades import ROOM, TOPIC, Grade

Rewind = Callable[..., str]


@pytest.fixture
def rewind(settings: Any) -> Rewind:
    """Run the command on the room of grades and return what it prints; no broker is there."""
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = "127.0.0.1:1"

    def run(to: str, *options: str, room: str = ROOM) -> str:
        stream = StringIO()
        call_command("rewind", room, f"--to={to}", *options, stdout=stream)
        return stream.getvalue()

    return run


@pytest.fixture
def on_cluster(rewind: Rewind, cluster: Cluster, settings: Any) -> Rewind:
    """The same, with ten messages in partition 0, two in 1, and the first at 4 of its ten."""
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = cluster.broker.bootstrap_servers
    cluster.publish(*[Grade(partition=0)] * 10, *[Grade(partition=1)] * 2)
    cluster.commit({0: 4})
    return rewind


def moves(printed: str) -> list[tuple[int, ...]]:
    """Return the partitions of the JSON: committed, new, again, skipped; -1 for none."""
    names = ("partition", "committed", "new", "again", "skipped")
    partitions = json.loads(printed)["partitions"]
    return [tuple(-1 if p[name] is None else p[name] for name in names) for p in partitions]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("earliest", [(0, 4, 0, 4, 0), (1, -1, 0, 0, 0), (2, -1, 0, 0, 0), (3, -1, 0, 0, 0)]),
        ("latest", [(0, 4, 10, 0, 6), (1, -1, 2, 0, 2), (2, -1, 0, 0, 0), (3, -1, 0, 0, 0)]),
        (f"{TOPIC}[0]:3", [(0, 4, 3, 1, 0)]),
        (f"{TOPIC}[1]:1, {TOPIC}[0]:10", [(1, -1, 1, 0, 1), (0, 4, 10, 0, 6)]),
    ],
)
def test_dry_run_says_what_would_be(
    to: str, expected: list[tuple[int, ...]], on_cluster: Rewind, cluster: Cluster
) -> None:
    """Each partition with how many messages are consumed again or passed over; nothing changes."""
    assert moves(on_cluster(to, "--json")) == expected
    assert cluster.committed() == {0: 4}


def test_expired_messages_count_as_passed_over(on_cluster: Rewind, cluster: Cluster) -> None:
    """Where the committed offset is no longer on the broker, what is between is lost."""
    cluster.broker.delete_records(TOPIC, 0, 7)
    assert moves(on_cluster("earliest", "--json"))[0] == (0, 4, 7, 0, 3)


def test_topic_that_is_shorter_than_the_offset(on_cluster: Rewind, cluster: Cluster) -> None:
    """After a topic was made anew only what it holds is consumed again, or is passed over."""
    cluster.commit({1: 50})
    assert moves(on_cluster("earliest", "--json"))[1] == (1, 50, 0, 2, 0)
    assert moves(on_cluster("latest", "--json"))[1] == (1, 50, 2, 0, 2)
    assert moves(on_cluster(f"{TOPIC}[1]:1", "--json")) == [(1, 50, 1, 1, 1)]


def test_dry_run_for_people(on_cluster: Rewind) -> None:
    """A table with a line per partition, and the sum, with what to add to go on."""
    printed = on_cluster(f"{TOPIC}[0]:3")
    assert re.search(rf"{TOPIC}\[0\] +│ 4 +│ 3 +│ 1 +│ 0 ", printed), printed
    assert "1 messages would be consumed again. Nothing was changed" in printed
    assert printed.rstrip().endswith(f"to move group '{ROOM}', add --apply.")


def test_skipping_is_said(on_cluster: Rewind) -> None:
    """To go forward is to lose events, so that is said and asked for."""
    printed = on_cluster("latest")
    assert "8 messages would be SKIPPED: the room loses them." in printed
    assert printed.rstrip().endswith("add --apply --allow-skip.")


@pytest.mark.parametrize(
    ("options", "group"),
    [((), "grades"), (("--shadow",), "grades-shadow"), (("--group=other",), "other")],
)
def test_group(options: tuple[str, ...], group: str, on_cluster: Rewind, settings: Any) -> None:
    """The room's, its shadow's, or the one that is named."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"GROUPS": {ROOM: "grades"}}
    assert json.loads(on_cluster("earliest", "--json", *options))["group"] == group


def test_one_topic(on_cluster: Rewind, cluster: Cluster, settings: Any) -> None:
    """Topics may be named with their prefix, as the worker's log names them, or without."""
    settings.EVENT_BUS_TOPIC_PREFIX = "stage"
    cluster.broker.create_topic(f"stage-{TOPIC}")
    for name in (TOPIC, f"stage-{TOPIC}"):
        partitions = json.loads(on_cluster("earliest", "--json", f"--topic={name}"))["partitions"]
        assert {each["topic"] for each in partitions} == {f"stage-{TOPIC}"}


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("yesterday", "'yesterday' is no place to go to. Hint: Say earliest, latest, a time as in"),
        ("2026-01-31T12:00:00", "'2026-01-31T12:00:00' has no zone. Hint: Add Z"),
        ("2026-01-31", "'2026-01-31' has no zone"),
        ("1969-12-31T23:59:59.999Z", "is before 1970, when Kafka's time begins. Hint: Say earl"),
        ("1970-01-01T00:00:00+00:01", "is before 1970"),
        ("0001-01-01T00:00:00Z", "is before 1970"),
        ("0001-01-01T00:00:00+14:00", "is no place to go to"),
        (f"{TOPIC}[0]", f"'{TOPIC}[0]' is no offset of a partition. Hint: Write topic[partition]:"),
        (f"{TOPIC}[0]:-1", "is no offset of a partition"),
        (f"{TOPIC}[0]:1;{TOPIC}[1]:1", "is no offset of a partition"),
        (f"{TOPIC}[0]:1,{TOPIC}[0]:2", f"{TOPIC}[0] is named twice"),
        ("grades[0]:1", f"'grades' is none of the topics. Hint: They are: {TOPIC}."),
    ],
)
def test_place_that_is_none(to: str, said: str, rewind: Rewind) -> None:
    """What can't be read is repeated, with how to write it, before a broker is asked."""
    with pytest.raises(CommandError, match=re.escape(said)):
        rewind(to)


def test_unknown_room(rewind: Rewind) -> None:
    """A near miss gets the room that was meant."""
    with pytest.raises(CommandError, match=rf"Hint: Did you mean '{ROOM}'\?"):
        rewind("earliest", room="credentials_grade_sync")


def test_topic_of_another_room(rewind: Rewind) -> None:
    """Only a topic that the room consumes can be moved in."""
    with pytest.raises(CommandError, match=f"doesn't consume topic 'x'. Hint: It consumes {TOPIC}"):
        rewind("earliest", "--topic=x")


def test_group_of_no_room(rewind: Rewind, settings: Any) -> None:
    """A typo in the settings doesn't move the group that the room would have without them."""
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"GROUPS": {"credentials": "grades"}}
    with pytest.raises(CommandError, match=r"\['GROUPS'\] names 'credentials', which is no inst"):
        rewind("earliest")


def test_empty_group(rewind: Rewind) -> None:
    """An empty name doesn't stand for the room's own group."""
    with pytest.raises(CommandError, match=r"--group is empty\. Hint: Name the group\."):
        rewind("earliest", "--group=")


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (f"{TOPIC}[0]:11", f"{TOPIC}[0] has no offset 11. Hint: It has those from 0 to 10"),
        (f"{TOPIC}[4]:0", f"There is no partition {TOPIC}[4]."),
    ],
)
def test_offset_that_is_not_there(to: str, said: str, on_cluster: Rewind) -> None:
    """An offset beyond the partition's end, or a partition that the topic hasn't, is named."""
    with pytest.raises(CommandError, match=re.escape(said)):
        on_cluster(to)


def test_offset_that_has_expired(on_cluster: Rewind, cluster: Cluster) -> None:
    """An offset before the partition's start would stop the worker; what there is is said."""
    cluster.broker.delete_records(TOPIC, 0, 7)
    with pytest.raises(CommandError, match=r"has no offset 5. Hint: It has those from 7 to 10"):
        on_cluster(f"{TOPIC}[0]:5")


def test_missing_topic(on_cluster: Rewind, cluster: Cluster) -> None:
    """A topic that the broker doesn't have is named, and not created."""
    cluster.broker.set_topic_error(TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
    with pytest.raises(CommandError, match=f"The broker has no topic '{TOPIC}'. Hint: Create it"):
        on_cluster("earliest")


def test_broker_is_away(rewind: Rewind, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for no longer than a person would, and then said."""
    monkeypatch.setattr("shared.kafka.rewinding._TIMEOUT", 0.2)
    with pytest.raises(
        CommandError, match=r"doesn't answer: _TRANSPORT.* Hint: Is EVENT_BUS_KAFKA"
    ):
        rewind("earliest")


def test_refused_option(rewind: Rewind, settings: Any) -> None:
    """An option that librdkafka doesn't know is named."""
    config = {"KAFKA_CONSUMER_CONFIG": {"fetch.mim.bytes": 1}}
    settings.EVENT_SYNC = settings.EVENT_SYNC | config
    with pytest.raises(CommandError, match=r'"fetch.mim.bytes"\. Hint: Correct EVENT_SYNC'):
        rewind("earliest")


def test_nothing_is_moved_unless_the_group_is_known_to_be_empty(
    on_cluster: Rewind, cluster: Cluster
) -> None:
    """A broker that doesn't describe the group, as the embedded one, leaves it where it is."""
    with pytest.raises(CommandError, match="_UNSUPPORTED_FEATURE"):
        on_cluster("earliest", "--apply")
    assert cluster.committed() == {0: 4}
