"""compose.yaml says what ``tests.services`` does; nothing here runs it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.services import Services, certificates, database, kafka, mariadb, postgresql, registry
from tests.services.folders import CHECKOUT

POM = Path(registry.__file__).with_name("pom.xml").read_text()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file, read."""
    found: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def broker(compose: dict[str, Any]) -> dict[str, str]:
    """The broker's environment."""
    found: dict[str, str] = compose["services"]["kafka"]["environment"]
    return found


def variable(setting: str) -> str:
    """Return the variable by which the image takes a setting of Kafka."""
    escaped = setting.replace("_", "__").replace("-", "___").replace(".", "_")
    return f"KAFKA_{escaped.upper()}"


def version(name: str) -> str:
    """Return a version that the pom names."""
    found = re.search(rf"<{name}.version>(.+)</{name}.version>", POM)
    assert found is not None
    return found[1]


def test_same_servers(compose):
    """Under the same names."""
    assert list(compose["services"]) == [field.name for field in fields(Services)]


@pytest.mark.parametrize(("service", "artifact"), [("kafka", "kafka"), ("registry", "apicurio")])
def test_same_versions(compose, service, artifact):
    """Of what Maven Central has; the databases' versions are the system's."""
    assert compose["services"][service]["image"].endswith(f":{version(artifact)}")


@pytest.mark.parametrize("service", [field.name for field in fields(Services)])
def test_ports_are_open_to_this_machine_only(compose, service):
    """Nothing is published to the network."""
    ports = compose["services"][service]["ports"]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("setting", kafka.SETTINGS)
def test_same_setting_of_kafka(broker, setting):
    """By the image's name for it."""
    assert broker[variable(setting)] == kafka.SETTINGS[setting]


def test_same_listeners_of_kafka(compose, broker):
    """Each published on the port that it advertises."""
    listeners = dict(re.findall(r"(\w+)://:(\d+)", broker["KAFKA_LISTENERS"]))
    advertised = dict(re.findall(r"(\w+)://127.0.0.1:(\d+)", broker["KAFKA_ADVERTISED_LISTENERS"]))
    published = compose["services"]["kafka"]["ports"]
    assert tuple(listeners) == kafka.Kafka.port_names
    assert advertised == {name: port for name, port in listeners.items() if name != "CONTROLLER"}
    assert published == [f"127.0.0.1:{port}:{port}" for port in advertised.values()]
    assert broker["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"1@localhost:{listeners['CONTROLLER']}"


def test_same_certificates_and_user_of_kafka(broker):
    """The files are those that ``certificates`` makes."""
    jaas = broker[variable("listener.name.sasl_ssl.plain.sasl.jaas.config")]
    assert broker["KAFKA_SSL_KEYSTORE_FILENAME"] == certificates.KEYSTORE
    assert broker["KAFKA_SSL_KEYSTORE_CREDENTIALS"] == certificates.PASSWORD
    assert broker["KAFKA_SSL_KEY_CREDENTIALS"] == certificates.PASSWORD
    assert f"user_{kafka.USER}=" in jaas


def test_same_store_of_registry(compose):
    """In a file that loses nothing."""
    url = compose["services"]["registry"]["environment"]["REGISTRY_DATASOURCE_URL"]
    assert url.startswith("jdbc:h2:file:")
    assert url.endswith(registry.STORE_OPTIONS)


def test_same_settings_of_databases(compose):
    """User, database, encoding, and MariaDB's modes."""
    services = compose["services"]
    postgres, maria = (services[name]["environment"] for name in ("postgresql", "mariadb"))
    assert postgres["POSTGRES_INITDB_ARGS"].split() == list(postgresql.INITIALISATION)
    assert services["mariadb"]["command"] == [
        f"--{name}={value}" for name, value in mariadb.SETTINGS.items()
    ]
    assert {postgres["POSTGRES_USER"], maria["MARIADB_USER"]} == {database.USER}
    assert {postgres["POSTGRES_DB"], maria["MARIADB_DATABASE"]} == {database.DATABASE}


def test_no_password_is_in_the_file(compose):
    """Whoever starts it chooses one."""
    secrets = [
        value
        for service in compose["services"].values()
        for name, value in service.get("environment", {}).items()
        if name.endswith("_PASSWORD") and "RANDOM" not in name
    ]
    assert len(secrets) == 2
    assert all(value.startswith("${SERVICES_PASSWORD:?") for value in secrets)
