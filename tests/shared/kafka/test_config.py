"""Clients from upstream's settings and from what is passed through."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import Consumer

from shared.exceptions import ConfigurationError
from shared.kafka.config import FETCH_AHEAD, MEMBERSHIP, OURS, consumer_config, full_topic


@pytest.fixture
def passed(settings: Any) -> dict[str, Any]:
    """The librdkafka options of ``EVENT_SYNC``, to be filled."""
    options: dict[str, Any] = {}
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = "broker:9092"
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"KAFKA_CONSUMER_CONFIG": options}
    return options


def test_options_pass_through(passed: dict[str, Any]) -> None:
    """TLS files, OAuth, static membership and intervals reach librdkafka as they are."""
    passed.update(
        {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": "/etc/ssl/ca.pem",
            "sasl.mechanisms": "OAUTHBEARER",
            "group.instance.id": "worker-1",
            "client.id": "grades",
            "max.poll.interval.ms": 60_000,
        }
    )
    config = consumer_config("group")
    assert passed.items() <= config.items()
    assert config["group.id"] == "group"


def test_upstream_settings(passed: dict[str, Any], settings: Any) -> None:
    """Address, credentials, service name and topic prefix come from the settings of old."""
    settings.EVENT_BUS_KAFKA_API_KEY = "key"
    settings.EVENT_BUS_KAFKA_API_SECRET = "secret"
    settings.EVENTS_SERVICE_NAME = "credentials"
    settings.EVENT_BUS_TOPIC_PREFIX = "stage"
    expected = {
        "bootstrap.servers": "broker:9092",
        "sasl.username": "key",
        "sasl.password": "secret",
        "client.id": "credentials",
    }
    assert expected.items() <= consumer_config("group").items()
    assert full_topic("grades") == "stage-grades"


@pytest.mark.parametrize("name", OURS)
def test_options_that_carry_the_guarantees(passed: dict[str, Any], name: str) -> None:
    """They can't be set, not even to what they are."""
    passed[name] = consumer_config("group").get(name)
    with pytest.raises(ConfigurationError, match=name):
        consumer_config("group")


def test_membership_is_set_on_purpose(passed: dict[str, Any]) -> None:
    """Brokers accept the session (6 s at least by default), which outlasts several heartbeats."""
    config = consumer_config("group")
    assert config["partition.assignment.strategy"] == "cooperative-sticky"
    assert config["session.timeout.ms"] >= 6_000
    assert 3 * config["heartbeat.interval.ms"] <= config["session.timeout.ms"]


@pytest.mark.parametrize("name", [*FETCH_AHEAD, *MEMBERSHIP])
def test_defaults_may_be_chosen_otherwise(passed: dict[str, Any], name: str) -> None:
    """What is passed takes the place of the default, and of no other."""
    passed[name] = "chosen"
    ours = FETCH_AHEAD | MEMBERSHIP
    found = {each: consumer_config("group")[each] for each in ours}
    assert found == {**ours, name: "chosen"}


def test_membership_by_the_newer_group_protocol(passed: dict[str, Any]) -> None:
    """KIP-848 decides on the broker: librdkafka refuses the options of the classic protocol."""
    passed["group.protocol"] = "consumer"
    config = consumer_config("group")
    assert not set(MEMBERSHIP) & set(config)
    Consumer(config).close()


@pytest.mark.parametrize("is_in_environment", [False, True])
def test_address_that_is_missing(
    settings: Any, monkeypatch: pytest.MonkeyPatch, is_in_environment: bool
) -> None:
    """Who has it in the environment alone is told so; whoever hasn't, what to set it to."""
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = None
    monkeypatch.delenv("EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS", raising=False)
    if is_in_environment:
        monkeypatch.setenv("EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS", "broker:9092")
    hint = "The environment has it" if is_in_environment else "Set it to host:port"
    with pytest.raises(ConfigurationError, match=f"SERVERS is not set.*{hint}"):
        consumer_config("group")
