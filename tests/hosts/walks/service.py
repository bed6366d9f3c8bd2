"""A host that runs on real servers: its commands, its rows, and where the room's groups stand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition
from django.test import override_settings
from edx_event_bus_kafka import create_producer
from edx_event_bus_kafka.internal.config import get_schema_registry_client

from shared import registry
from tests.hosts.walks import page
from tests.hosts.walks.description import Walk
from tests.processes import Process, wait_until
from tests.services import Services
from tests.services.topics import create_topics

_INSIDE = Path(__file__).parent / "inside.py"
_PARTITIONS = 3


class Service:
    """The host, with a database and a topic of its own."""

    def __init__(
        self,
        host: str,
        walk: Walk,
        services: Services,
        folder: Path,
        *,
        python: str,
        checkout: Path,
        variables: Mapping[str, str],
    ) -> None:
        """Make database, topic and settings; start nothing."""
        self.walk = walk
        self.workers: list[Process] = []
        self._host, self._services, self._folder = host, services, folder
        self._python, self._checkout = python, checkout
        self._name = f"walk_{uuid4().hex[:12]}"
        self._room = registry.get_room(walk.room)
        self._topics = [f"{self._name}-{topic}" for topic in self._room.topics]
        create_topics(services.kafka, *self._topics, partitions=_PARTITIONS)
        services.mariadb.make_database(self._name)
        self._environment = dict(variables) | {
            "DJANGO_SETTINGS_MODULE": "walked" if walk.is_module else walk.settings,
            walk.variable: str(folder / "settings.yml"),
            "PYTHONPATH": f"{variables['PYTHONPATH']}:{folder}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.configure({})

    def close(self) -> None:
        """Kill what still runs, and drop the database."""
        for worker in self.workers:
            worker.kill()
        self._services.mariadb.query(f"DROP DATABASE IF EXISTS {self._name}")

    def configure(self, modes: Mapping[str, str]) -> None:
        """Write the settings of the host's page, with the consumers in these modes."""
        mariadb = self._services.mariadb
        host, port = mariadb.address.split(":")
        database = {"ENGINE": "django.db.backends.mysql", "NAME": self._name, "HOST": host}
        database |= {"PORT": port, "USER": "event_sync", "PASSWORD": mariadb.password}
        addresses = {
            "kafka.example.org:9092": self._services.kafka.bootstrap_servers(),
            "https://schema-registry.example.org": self._services.registry.url,
        }
        text = page.block(self._host, self.walk.block, self._name, addresses)
        own = {"DATABASES": {"default": database}, **self.walk.own}
        settings, module = page.files(self.walk, text, own, modes)
        (self._folder / "settings.yml").write_text(settings)
        (self._folder / "walked.py").write_text(module)

    def manage(self, *arguments: str, status: int = 0) -> str:
        """Run a management command to its end, and return all that it prints."""
        return self._run("manage.py", *arguments, status=status)

    def inside(self, function: str, *arguments: str) -> Any:
        """Call a function of the host's ``inside.py`` in the host, and return its answer."""
        printed = self._run("-P", str(_INSIDE), self._host, function, *arguments)
        return json.loads(printed.splitlines()[-1])

    def start(self, *options: str) -> Process:
        """Start the room's worker, or its shadow, and wait until it has its partitions."""
        log = self._folder / f"worker-{len(self.workers)}.log"
        worker = Process(
            ["run_consumers", self.walk.room, *options],
            self._environment,
            log,
            manage=[self._python, "manage.py"],
            folder=self._checkout,
        )
        self.workers.append(worker)
        worker.wait_for(r"partitions\.assigned")
        return worker

    def publish(self, value: str, time: datetime) -> None:
        """Publish the event that gives the row a value, by the stock producer."""
        event = self.walk.event(value, time)
        (consumer,) = (c for c in self._room.consumers if c.name == self.walk.consumer)
        route = consumer.route_for(event.signal.event_type)
        assert route is not None
        bus = override_settings(
            EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS=self._services.kafka.bootstrap_servers(),
            EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL=self._services.registry.url,
            EVENT_BUS_TOPIC_PREFIX=self._name,
        )
        # The stock producer leaves its registry's client open.
        with bus, get_schema_registry_client():
            producer = create_producer()
            producer.send(
                signal=event.signal,
                topic=consumer.topic,
                event_key_field=route.key_field,
                event_data=event.data,
                event_metadata=event.metadata,
            )
            producer.prepare_for_shutdown()

    def settle(self, *, shadow: bool = False) -> None:
        """Wait until the room's group, or that of its shadow, has committed all that there is."""
        group = f"{self.walk.group}-shadow" if shadow else self.walk.group
        config = {**self._services.kafka.client_config(), "group.id": group, "log_level": 0}
        watcher = Consumer(config)
        places = [TopicPartition(t, p) for t in self._topics for p in range(_PARTITIONS)]
        ends = {(p.topic, p.partition): watcher.get_watermark_offsets(p)[1] for p in places}

        def is_settled() -> bool:
            assert not self.workers[-1].has_ended, self.workers[-1].tail
            found = watcher.committed(places, timeout=10)
            return all(max(p.offset, 0) == ends[p.topic, p.partition] for p in found)

        try:
            wait_until(is_settled, f"{group} to settle everything:\n{self.workers[-1].tail}")
        finally:
            watcher.close()

    def _run(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [self._python, *arguments],
            cwd=self._checkout,
            env=self._environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, f"{arguments}: {done.stdout}\n{done.stderr}"
        return f"{done.stderr}{done.stdout}"
