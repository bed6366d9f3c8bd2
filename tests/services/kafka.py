"""Apache Kafka: one broker that is its own controller, with and without TLS and passwords."""

from __future__ import annotations

import socket
import struct
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.services import certificates
from tests.services.folders import JARS
from tests.services.server import HOST, Server, ServerError

USER = "event-sync"

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": (
        "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL"
    ),
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "sasl.enabled.mechanisms": "PLAIN",
    "ssl.keystore.type": "PKCS12",
    "auto.create.topics.enable": "false",
    "num.partitions": "4",
    # One broker can't replicate.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Groups form at once, and tests may choose short sessions: the floor is 6 s by default.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # A killed broker may come back when its registration has lapsed: after 9 s by default.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "300",
    # Half of the heap by default.
    "log.cleaner.dedupe.buffer.size": "16777216",
}
"""The settings that don't depend on where it runs; compose.yaml has the same."""

_JVM = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
_LOGGING = """\
status=warn
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %m (%c{1})%n
rootLogger.level=info
rootLogger.appenderRef.console.ref=console
"""
_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)


class Kafka(Server):
    """A broker with three listeners: ``PLAINTEXT``, ``SSL`` and ``SASL_SSL`` (PLAIN)."""

    name = "kafka"
    port_names = ("PLAINTEXT", "SSL", "SASL_SSL", "CONTROLLER")

    @property
    def address(self) -> str:
        """The bootstrap servers without TLS and password."""
        return self.bootstrap_servers()

    def bootstrap_servers(self, listener: str = "PLAINTEXT") -> str:
        """Return where clients find a listener."""
        return f"{HOST}:{self.port(listener)}"

    def client_config(self, listener: str = "PLAINTEXT") -> dict[str, Any]:
        """Return the librdkafka options with which a client gets in by a listener."""
        config = {
            "bootstrap.servers": self.bootstrap_servers(listener),
            "security.protocol": listener,
        }
        if listener != "PLAINTEXT":
            config["ssl.ca.location"] = str(self.authority)
        if listener == "SASL_SSL":
            config |= {
                "sasl.mechanism": "PLAIN",
                "sasl.username": USER,
                "sasl.password": self.password,
            }
        return config

    @property
    def password(self) -> str:
        """The password of ``USER``."""
        return self._record.secrets["password"]

    @property
    def authority(self) -> Path:
        """The certificate of the authority that signed the broker's."""
        return self.place / "tls" / certificates.AUTHORITY

    @property
    def other_authority(self) -> Path:
        """The certificate of an authority that has nothing to do with the broker."""
        return self.place / "tls" / certificates.OTHER_AUTHORITY

    def is_ready(self) -> bool:
        """Return whether it tells which requests it knows; the listener opens once it serves."""
        try:
            with socket.create_connection((HOST, self.port("PLAINTEXT")), 1) as connection:
                connection.sendall(_API_VERSIONS)
                answer = connection.makefile("rb").read(10)
        except OSError:
            return False
        return len(answer) == 10 and answer[8:] == b"\0\0"

    def _initialise(self) -> None:
        certificates.make(self.place / "tls")
        (self.place / "log4j2.properties").write_text(_LOGGING)
        settings = SETTINGS | self._own_settings() | self.options
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        properties = self.place / "server.properties"
        properties.touch(mode=0o600)
        properties.write_text("".join(lines))
        # The tool takes an id that begins with "-", as one of 64 does, for an option.
        cluster = "e" + urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")[1:]
        done = subprocess.run(
            self._java(
                *("kafka.tools.StorageTool", "format"),
                *("--cluster-id", cluster, "--config", str(properties)),
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise ServerError(f"Kafka's storage couldn't be formatted:\n{done.stdout[-2000:]}")

    def _own_settings(self) -> dict[str, str]:
        listeners = {name: f"{name}://{HOST}:{self.port(name)}" for name in self.port_names}
        tls = self.place / "tls"
        keystore_password = (tls / certificates.PASSWORD).read_text()
        return {
            "listeners": ",".join(listeners.values()),
            "advertised.listeners": ",".join(
                url for name, url in listeners.items() if name != "CONTROLLER"
            ),
            "controller.quorum.voters": f"1@{HOST}:{self.port('CONTROLLER')}",
            "log.dirs": str(self.place / "log"),
            "ssl.keystore.location": str(tls / certificates.KEYSTORE),
            "ssl.keystore.password": keystore_password,
            "ssl.key.password": keystore_password,
            "listener.name.sasl_ssl.plain.sasl.jaas.config": (
                "org.apache.kafka.common.security.plain.PlainLoginModule required"
                f' user_{USER}="{self.password}";'
            ),
        }

    def _command(self) -> list[str]:
        return [*self._java("kafka.Kafka"), str(self.place / "server.properties")]

    def _java(self, *arguments: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self.place / 'log4j2.properties'}"
        return ["java", *_JVM, logging, "-cp", f"{JARS / 'kafka'}/*", *arguments]
