"""The versions of all that takes part in a comparison, as they are installed."""

from __future__ import annotations

import platform
import re
from importlib.metadata import version

import confluent_kafka

from tests.services.database import DatabaseServer
from tests.services.folders import JARS

_PACKAGES = ("Django", "openedx-events", "edx-event-bus-kafka", "confluent-kafka")
_SERVERS = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}


def versions(server: DatabaseServer) -> dict[str, str]:
    """Return names and versions: servers first, then what the workers are made of."""
    return {
        "Apache Kafka": _jar("kafka", r"kafka_[\d.]+-(.+)\.jar"),
        "Apicurio Registry": _jar("registry", r"apicurio-.+?-([\d.]+\w*)-runner\.jar"),
        _SERVERS[server.name]: _number(server.query("SELECT version()")[0][0]),
        "Python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "librdkafka": confluent_kafka.libversion()[0],
    }


def _jar(folder: str, pattern: str) -> str:
    """Return the version in the name of the one jar that matches."""
    (found,) = filter(None, (re.fullmatch(pattern, jar.name) for jar in (JARS / folder).iterdir()))
    return found[1]


def _number(text: str) -> str:
    found = re.search(r"\d[\d.]*", text)
    assert found, text
    return found[0]
