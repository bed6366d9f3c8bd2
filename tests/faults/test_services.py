"""The servers do what the fault suite builds on: they serve, and they keep what they have."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from edx_event_bus_kafka import create_producer
from edx_event_bus_kafka.internal.config import get_schema_registry_client
from openedx_events.event_bus.avro.deserializer import deserialize_bytes_to_event_data

from tests.grades import Grade
from tests.processes import PATIENCE, ROOT
from tests.services import Services
from tests.services.database import DatabaseServer
from tests.services.processes import Status
from tests.services.topics import create_topics

NAMES = ["kafka", "registry", "postgresql", "mariadb"]
TEXTS = ['"string"', '{"type": "string"}', '{"name":  "course_key", "type": "string"}']

Recall: TypeAlias = Callable[[], bool]
"""Asks a server for what it has been given."""


@pytest.fixture
def topic(services: Services) -> str:
    """A topic of one partition."""
    name = f"smoke-{uuid4().hex}"
    create_topics(services.kafka, name, partitions=1)
    return name


@pytest.fixture
def schemas(services: Services) -> Iterator[SchemaRegistryClient]:
    """Confluent's client of the registry."""
    with SchemaRegistryClient({"url": services.registry.url}) as client:
        yield client


def produce(services: Services, topic: str, listener: str = "PLAINTEXT", **config: Any) -> bool:
    """Return whether a message is acknowledged."""
    # acks=all is the default.
    options = services.kafka.client_config(listener) | {"log_level": 0, "linger.ms": 0} | config
    producer = Producer(options)
    producer.produce(topic, b"value")
    is_out = producer.flush(PATIENCE) == 0
    producer.purge()
    return is_out


def consume(services: Services, topic: str) -> Any:
    """Return the first message of a topic."""
    consumer = Consumer(services.kafka.client_config() | {"group.id": topic, "log_level": 0})
    consumer.assign([TopicPartition(topic, 0, 0)])
    message = consumer.poll(PATIENCE)
    consumer.close()
    assert message is not None
    assert message.error() is None
    return message


def refusal(services: Services, **config: Any) -> KafkaError:
    """Return the first error that a client with these options hears of."""
    errors: list[KafkaError] = []
    options = {**services.kafka.client_config("SASL_SSL"), "log_level": 0, **config}
    producer = Producer({**options, "error_cb": errors.append})
    for _ in range(int(PATIENCE * 10)):
        producer.poll(0.1)
        if errors:
            return errors[0]
    raise AssertionError("The client was let in.")


def give(services: Services, name: str, topic: str, schemas: SchemaRegistryClient) -> Recall:
    """Give a server something to keep."""
    if name == "kafka":
        assert produce(services, topic)
        return lambda: consume(services, topic).value() == b"value"
    if name == "registry":
        schema_id = schemas.register_schema(topic, Schema(TEXTS[2], "AVRO"))
        schemas.clear_caches()
        return lambda: schemas.get_schema(schema_id).schema_str == TEXTS[2]
    server: DatabaseServer = getattr(services, name)
    server.query("DROP TABLE IF EXISTS kept")
    server.query("CREATE TABLE kept (word varchar(9))")
    server.query("INSERT INTO kept VALUES ('kept')")
    return lambda: server.query("SELECT word FROM kept") == [("kept",)]


def test_stock_producer_publishes_an_event(services, topic, settings):
    """With its schema in the registry and its data on the broker, in Confluent's framing."""
    settings.EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = services.kafka.bootstrap_servers()
    settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = services.registry.url
    event = Grade(percent=70).event()
    with get_schema_registry_client() as registry:
        producer = create_producer()
        producer.send(
            signal=event.signal,
            topic=topic,
            event_key_field="grade.user_id",
            event_data=event.data,
            event_metadata=event.metadata,
        )
        producer.prepare_for_shutdown()
        framed = consume(services, topic).value()
        schema = registry.get_schema(int.from_bytes(framed[1:5], "big"))
    assert framed[0] == 0
    assert "CloudEvent" in schema.schema_str
    assert deserialize_bytes_to_event_data(framed[5:], event.signal) == event.data


@pytest.mark.parametrize("listener", ["PLAINTEXT", "SSL", "SASL_SSL"])
def test_listener_lets_in(services, topic, listener):
    """A client with the right certificate and password."""
    assert produce(services, topic, listener)


def test_wrong_password_is_refused(services):
    """With the code that librdkafka has for it."""
    assert refusal(services, **{"sasl.password": "wrong"}).code() == KafkaError._AUTHENTICATION


def test_certificate_of_another_authority_is_not_trusted(services):
    """The other authority's certificate is a good one, only not the broker's."""
    error = refusal(services, **{"ssl.ca.location": str(services.kafka.other_authority)})
    assert error.code() in {KafkaError._SSL, KafkaError._TRANSPORT}


def test_topic_is_not_made_by_asking(services):
    """As on the brokers that services use."""
    consumer = Consumer(services.kafka.client_config() | {"group.id": "smoke", "log_level": 0})
    consumer.subscribe([f"missing-{uuid4().hex}"])
    message = consumer.poll(PATIENCE)
    consumer.close()
    assert message is not None
    assert (error := message.error()) is not None
    assert error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART


@pytest.mark.parametrize("text", TEXTS)
def test_registry_gives_schema_back_as_it_was_registered(schemas, text):
    """Letter by letter, and registering it again gives the same id."""
    schema_id = schemas.register_schema(f"smoke-{uuid4().hex}", Schema(text, "AVRO"))
    schemas.clear_caches()
    assert schemas.get_schema(schema_id).schema_str == text
    assert schemas.register_schema("smoke-again", Schema(text, "AVRO")) == schema_id


def test_reference_project_migrates(database):
    """Without a warning, and its checks of the database pass."""
    environment = {**os.environ, "DATABASE_URL": database.make_database("smoke")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    for command in (["migrate", "--verbosity", "0"], ["check", "--database", "default"]):
        done = subprocess.run(
            [sys.executable, "-W", "error", "manage.py", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert int(database.query("SELECT count(*) FROM django_migrations", "smoke")[0][0]) > 0


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)
def test_mariadb_is_strict_and_compares_without_case(database):
    """As the services' servers are set up."""
    assert "STRICT_TRANS_TABLES" in database.query("SELECT @@sql_mode")[0][0]
    assert database.query("SELECT 'Course' = 'course'") == [("1",)]
    assert re.match(r"utf8mb4_\w+_ci$", database.query("SELECT @@collation_database")[0][0])


@pytest.mark.parametrize("name", NAMES)
def test_killed_server_comes_back_with_what_it_had(services, topic, schemas, name):
    """On the same address."""
    server = getattr(services, name)
    has_kept, address = give(services, name, topic, schemas), server.address
    server.kill()
    assert server.status is Status.ENDED
    server.start()
    assert server.address == address
    assert has_kept()


@pytest.mark.parametrize("name", NAMES)
def test_restarted_server_has_what_it_had(services, topic, schemas, name):
    """The stop in between is one in its own time."""
    server = getattr(services, name)
    has_kept = give(services, name, topic, schemas)
    server.restart()
    assert has_kept()


@pytest.mark.parametrize("name", NAMES)
def test_paused_server_goes_on(services, topic, schemas, name):
    """It is frozen whole until it is resumed."""
    server = getattr(services, name)
    has_kept = give(services, name, topic, schemas)
    server.pause()
    assert server.status is Status.PAUSED
    server.resume()
    server.wait_until_ready()
    assert has_kept()
