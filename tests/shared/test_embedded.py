"""The embedded broker and registry, used by confluent-kafka's own clients."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import confluent_kafka
import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from shared.embedded import EmbeddedBroker, EmbeddedBrokerUnavailable, EmbeddedRegistry

STRING = Schema('"string"', "AVRO")
LONG = Schema('"long"', "AVRO")
GRADE = json.dumps(
    {
        "type": "record",
        "name": "Grade",
        "fields": [{"name": "user_id", "type": "long"}, {"name": "letter", "type": "string"}],
    }
)

CONSUMER_PROCESS = """
import sys
from confluent_kafka import Consumer

consumer = Consumer(
    {"bootstrap.servers": sys.argv[1], "group.id": "other", "auto.offset.reset": "earliest"}
)
consumer.subscribe(["grades"])
message = None
while message is None:
    message = consumer.poll(1)
print(message.value().decode(), end="")
consumer.close()
"""


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """Run a broker for one test."""
    with EmbeddedBroker() as running:
        yield running


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    """Run a registry for one test."""
    with EmbeddedRegistry() as running:
        yield running


def produce(broker: EmbeddedBroker, topic: str, *values: str) -> None:
    """Put messages into partition 0 of a topic, each acknowledged."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(10) == 0


@pytest.fixture
def consumer(broker: EmbeddedBroker) -> Iterator[Consumer]:
    """Make a member of a group that starts nowhere by itself."""
    made = Consumer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "group.id": "group",
            "session.timeout.ms": 1500,
            "heartbeat.interval.ms": 100,
            "auto.offset.reset": "error",
            "enable.auto.commit": False,
            "topic.metadata.refresh.interval.ms": 100,
            "log_level": 0,
        }
    )
    yield made
    made.close()


def poll(consumer: Consumer) -> Message:
    """Wait for the next message or error."""
    message = consumer.poll(15)
    assert message is not None
    return message


def start_at_the_beginning(consumer: Consumer, assigned: list[TopicPartition]) -> None:
    """Assign partitions from their first message."""
    consumer.assign([TopicPartition(p.topic, p.partition, OFFSET_BEGINNING) for p in assigned])


def partitions(broker: EmbeddedBroker, topic: str) -> int:
    """Count the partitions that a topic has."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
    return len(admin.list_topics(timeout=10).topics[topic].partitions)


def kafka_code(failing: Callable[[], object]) -> int:
    """Return the code of the KafkaError that a call raises."""
    with pytest.raises(KafkaException) as caught:
        failing()
    code: int = caught.value.args[0].code()
    return code


class TestBroker:
    """The Kafka-protocol broker."""

    def test_another_process_consumes_from_it(self, broker: EmbeddedBroker) -> None:
        """A group in another process receives what this process produced."""
        produce(broker, "grades", "A")
        other = subprocess.run(
            [sys.executable, "-c", CONSUMER_PROCESS, broker.bootstrap_servers],
            capture_output=True,
            check=True,
            text=True,
            timeout=30,
        )
        assert other.stdout == "A"

    def test_topics_have_the_default_number_of_partitions(self) -> None:
        """A topic that names no number of partitions has the broker's."""
        with EmbeddedBroker(partitions=3) as broker:
            broker.create_topic("grades")
            assert partitions(broker, "grades") == 3

    def test_a_topic_has_a_number_of_partitions_of_its_own(self, broker: EmbeddedBroker) -> None:
        """A topic can differ from the broker's default."""
        broker.create_topic("grades", partitions=7)
        assert partitions(broker, "grades") == 7

    def test_a_topic_is_created_once(self, broker: EmbeddedBroker) -> None:
        """Creating a topic that exists is refused."""
        broker.create_topic("grades")
        code = kafka_code(lambda: broker.create_topic("grades"))
        assert code == KafkaError.TOPIC_ALREADY_EXISTS

    def test_a_topic_without_partitions_is_refused(self, broker: EmbeddedBroker) -> None:
        """A number of partitions below one is an error, not the end of the process."""
        with pytest.raises(ValueError, match="at least one partition"):
            broker.create_topic("grades", partitions=-1)

    @pytest.mark.parametrize(
        "code", [KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED]
    )
    def test_a_topic_error_reaches_subscribers(
        self, broker: EmbeddedBroker, consumer: Consumer, code: int
    ) -> None:
        """A subscriber is told the error that the topic was given."""
        broker.set_topic_error("grades", code)
        consumer.subscribe(["grades"])
        error = poll(consumer).error()
        assert error is not None
        assert error.code() == code

    def test_a_topic_error_ends(self, broker: EmbeddedBroker, consumer: Consumer) -> None:
        """A subscriber gets its messages as soon as the topic's error is cleared."""
        produce(broker, "grades", "A")
        broker.set_topic_error("grades", KafkaError.UNKNOWN_TOPIC_OR_PART)
        consumer.subscribe(["grades"], on_assign=start_at_the_beginning)
        assert poll(consumer).error() is not None
        broker.set_topic_error("grades", 0)
        assert poll(consumer).value() == b"A"

    def test_deleted_records_are_gone(self, broker: EmbeddedBroker, consumer: Consumer) -> None:
        """A partition starts where the deletion ended."""
        produce(broker, "grades", "A", "B", "C")
        broker.delete_records("grades", 0, 2)
        assert consumer.get_watermark_offsets(TopicPartition("grades", 0), timeout=10) == (2, 3)

    def test_a_deleted_position_is_out_of_range(
        self, broker: EmbeddedBroker, consumer: Consumer
    ) -> None:
        """A consumer that stands at a deleted record is told so."""
        produce(broker, "grades", "A", "B", "C")
        broker.delete_records("grades", 0, 2)
        consumer.assign([TopicPartition("grades", 0, 1)])
        error = poll(consumer).error()
        assert error is not None
        assert error.code() == KafkaError._AUTO_OFFSET_RESET

    def test_records_past_the_end_can_not_be_deleted(self, broker: EmbeddedBroker) -> None:
        """A deletion past the end of a partition is refused."""
        produce(broker, "grades", "A")
        code = kafka_code(lambda: broker.delete_records("grades", 0, 2))
        assert code == KafkaError.OFFSET_OUT_OF_RANGE

    def test_no_request_is_answered_while_it_is_down(
        self, broker: EmbeddedBroker, consumer: Consumer
    ) -> None:
        """A client can't reach the broker between set_down and set_up."""
        broker.set_down()
        code = kafka_code(lambda: consumer.list_topics(timeout=0.3))
        assert code == KafkaError._TRANSPORT

    def test_messages_and_offsets_survive_an_outage(
        self, broker: EmbeddedBroker, consumer: Consumer
    ) -> None:
        """After an outage a group goes on where it had committed."""
        produce(broker, "grades", "A", "B")
        consumer.subscribe(["grades"], on_assign=start_at_the_beginning)
        consumer.commit(message=poll(consumer), asynchronous=False)
        broker.set_down()
        broker.set_up()
        (committed,) = consumer.committed([TopicPartition("grades", 0)], timeout=10)
        assert (committed.offset, poll(consumer).value()) == (1, b"B")

    def test_it_forgets_and_stops_when_closed(self, broker: EmbeddedBroker) -> None:
        """A closed broker serves nobody and says so to its owner; closing it again does no harm."""
        broker.close()
        broker.close()
        with pytest.raises(RuntimeError, match="closed"):
            broker.create_topic("grades")

    def test_it_is_silent(self, broker: EmbeddedBroker, capfd: pytest.CaptureFixture[str]) -> None:
        """The broker writes nothing to the terminal, even about an outage."""
        produce(broker, "grades", "A")
        broker.set_down()
        broker.close()
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize("content", [None, b"not a library"])
    def test_a_missing_library_is_named_with_a_remedy(
        self, content: bytes | None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without a usable librdkafka beside confluent-kafka the error says what to install."""
        (tmp_path / "confluent_kafka.libs").mkdir()
        if content is not None:
            (tmp_path / "confluent_kafka.libs" / "librdkafka.so.1").write_bytes(content)
        module = tmp_path / "confluent_kafka" / "__init__.py"
        monkeypatch.setattr(confluent_kafka, "__file__", str(module))
        with pytest.raises(EmbeddedBrokerUnavailable, match="pip install"):
            EmbeddedBroker()


NewClient = Callable[[], SchemaRegistryClient]


@pytest.fixture
def client(registry: EmbeddedRegistry) -> Iterator[NewClient]:
    """Make clients that know nothing yet and don't retry."""
    configuration = {"url": registry.url, "max.retries": 0}
    with ExitStack() as clients:
        yield lambda: clients.enter_context(SchemaRegistryClient(configuration))


def registry_error(failing: Callable[[], object]) -> tuple[int, int]:
    """Return the HTTP status and the code of the error that a call raises."""
    with pytest.raises(SchemaRegistryError) as caught:
        failing()
    return caught.value.http_status_code, caught.value.error_code


def request(
    registry: EmbeddedRegistry, method: str, path: str, body: bytes = b"", length: str = ""
) -> tuple[int, Any]:
    """Send one HTTP request as it is; return the status and the decoded body."""
    with closing(HTTPConnection(urlsplit(registry.url).netloc, timeout=10)) as connection:
        connection.request(method, path, body, {"Content-Length": length} if length else {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def get(connection: HTTPConnection, path: str) -> int:
    """Send a request over an open connection; return the status."""
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response.status


class TestRegistry:
    """The schema registry."""

    def test_a_text_has_one_id(self, client: NewClient) -> None:
        """The same text under two subjects has the same id."""
        first = client().register_schema("first", STRING)
        assert client().register_schema("second", STRING) == first

    def test_another_text_has_another_id(self, client: NewClient) -> None:
        """Texts that differ by a space are two schemas."""
        first = client().register_schema("subject", STRING)
        spaced = Schema(' "string"', "AVRO")
        assert client().register_schema("subject", spaced) != first

    def test_registering_again_makes_no_version(self, client: NewClient) -> None:
        """A subject that is given a text twice has one version."""
        for _ in range(2):
            client().register_schema("subject", STRING)
        assert client().get_versions("subject") == [1]

    def test_a_schema_is_found_by_its_id(self, client: NewClient) -> None:
        """An id answers with the registered text."""
        schema_id = client().register_schema("subject", LONG)
        assert client().get_schema(schema_id).schema_str == LONG.schema_str

    @pytest.mark.parametrize("schema_id", [0, 2, "x", "9" * 5000])
    def test_an_unknown_id_is_refused(
        self, registry: EmbeddedRegistry, client: NewClient, schema_id: int | str
    ) -> None:
        """An id that nobody registered is answered as Confluent does."""
        client().register_schema("subject", LONG)
        status, answer = request(registry, "GET", f"/schemas/ids/{schema_id}")
        assert (status, answer["error_code"]) == (404, 40403)

    def test_a_schema_is_looked_up_in_its_subject(self, client: NewClient) -> None:
        """A lookup answers with subject, version and id."""
        client().register_schema("subject", STRING)
        schema_id = client().register_schema("subject", LONG)
        found = client().lookup_schema("subject", LONG)
        assert (found.subject, found.version, found.schema_id) == ("subject", 2, schema_id)

    def test_a_lookup_tells_what_is_missing(self, client: NewClient) -> None:
        """A lookup distinguishes an unknown schema from an unknown subject."""
        client().register_schema("subject", STRING)
        errors = [
            registry_error(lambda: client().lookup_schema("subject", LONG)),
            registry_error(lambda: client().lookup_schema("elsewhere", LONG)),
        ]
        assert errors == [(404, 40403), (404, 40401)]

    def test_versions_are_numbered(self, client: NewClient) -> None:
        """A subject's versions are served by number and as the latest."""
        for schema in (STRING, LONG):
            client().register_schema("subject", schema)
        first = client().get_version("subject", 1)
        latest = client().get_latest_version("subject")
        assert [first.schema.schema_str, latest.schema.schema_str] == ['"string"', '"long"']

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/subjects/subject/versions/2", 404, 40402),
            ("/subjects/subject/versions/0", 404, 40402),
            ("/subjects/subject/versions/first", 422, 42202),
            ("/subjects/elsewhere/versions/1", 404, 40401),
            ("/subjects/elsewhere/versions", 404, 40401),
        ],
    )
    def test_an_unknown_version_is_refused(
        self, registry: EmbeddedRegistry, client: NewClient, path: str, status: int, code: int
    ) -> None:
        """A version that isn't there is answered as Confluent does."""
        client().register_schema("subject", STRING)
        answered, answer = request(registry, "GET", path)
        assert (answered, answer["error_code"]) == (status, code)

    def test_subjects_are_listed_by_their_names(self, client: NewClient) -> None:
        """A name that has to be quoted in a path comes back as it was."""
        client().register_schema("a topic/of-ours+value", STRING)
        assert client().get_subjects() == ["a topic/of-ours+value"]

    def test_avro_passes_between_two_clients(self, client: NewClient) -> None:
        """What one client's serializer writes, another client's deserializer reads."""
        context = SerializationContext("grades", MessageField.VALUE)
        data = AvroSerializer(client(), GRADE)({"user_id": 7, "letter": "A"}, context)
        read = AvroDeserializer(client(), GRADE)(data, context)
        assert read == {"user_id": 7, "letter": "A"}

    def test_it_fails_when_told_and_recovers(
        self, registry: EmbeddedRegistry, client: NewClient
    ) -> None:
        """Every request is answered with the status that was set, until it is taken back."""
        connected = client()
        registry.status = 500
        assert registry_error(connected.get_subjects) == (500, 500)
        registry.status = None
        assert connected.get_subjects() == []

    def test_it_is_down_after_close(self, registry: EmbeddedRegistry) -> None:
        """A client with an open connection gets no answer from a closed registry."""
        with closing(HTTPConnection(urlsplit(registry.url).netloc, timeout=10)) as connection:
            assert get(connection, "/subjects") == 200
            registry.close()
            with pytest.raises(ConnectionError):
                get(connection, "/subjects")

    def test_it_comes_back_with_its_schemas(
        self, registry: EmbeddedRegistry, client: NewClient
    ) -> None:
        """A client goes on with a registry that took over the port and schemas of another."""
        connected = client()
        schema_id = connected.register_schema("subject", LONG)
        registry.close()
        with EmbeddedRegistry(port=registry.port, schemas=registry.schemas):
            assert connected.get_latest_version("subject").schema_id == schema_id

    def test_a_connection_is_kept_alive(self, registry: EmbeddedRegistry) -> None:
        """Requests follow one another on one connection, whatever their answers."""
        with closing(HTTPConnection(urlsplit(registry.url).netloc, timeout=10)) as connection:
            connection.connect()
            opened = connection.sock
            statuses = [get(connection, path) for path in ("/subjects", "/nowhere", "/subjects")]
            assert (statuses, connection.sock) == ([200, 404, 200], opened)

    @pytest.mark.parametrize("path", ["/subjects/subject", "/subjects/subject/versions"])
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff",
            b"[]",
            b"{}",
            b'{"schema": 1}',
            b'{"schema": "{"}',
            b'{"schema": "\\"string\\"", "schemaType": "PROTOBUF"}',
            b"[" * 100_000,
        ],
        ids=["empty", "not text", "a list", "no schema", "a number", "not JSON", "type", "deep"],
    )
    def test_what_is_no_schema_is_refused(
        self, registry: EmbeddedRegistry, path: str, body: bytes
    ) -> None:
        """A request that holds no Avro schema is answered as an invalid schema."""
        status, answer = request(registry, "POST", path, body)
        assert (status, answer["error_code"]) == (422, 42201)

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/", 404),
            ("GET", "/schemas/ids", 404),
            ("POST", "/schemas/ids/1", 404),
            ("DELETE", "/subjects/subject", 501),
        ],
    )
    def test_what_it_does_not_know_is_refused(
        self, registry: EmbeddedRegistry, method: str, path: str, status: int
    ) -> None:
        """A path or method that isn't served is answered in Confluent's error shape."""
        answered, answer = request(registry, method, path)
        assert (answered, answer["error_code"]) == (status, status)

    def test_a_bad_length_is_refused_in_silence(
        self, registry: EmbeddedRegistry, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """A request whose length isn't a number is refused, without a word on the terminal."""
        status, _ = request(registry, "POST", "/subjects/subject", length="much")
        assert (status, *capfd.readouterr()) == (400, "", "")
