"""Clients from upstream's settings and from what is passed through."""

from __future__ import annotations

from typing import Any

import pytest

from shared.exceptions import ConfigurationError
from shared.kafka.config import OURS, consumer_config, full_topic


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


def test_assignor_of_the_newer_group_protocol(passed: dict[str, Any]) -> None:
    """KIP-848 assigns on the broker: the option of the classic protocol is left out."""
    passed["group.protocol"] = "consumer"
    assert "partition.assignment.strategy" not in consumer_config("group")
