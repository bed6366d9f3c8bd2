"""Apicurio Registry: it speaks Confluent's API and gives schemas back as they were registered."""

from __future__ import annotations

from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

from tests.services.folders import JARS
from tests.services.server import HOST, Server

API = "/apis/ccompat/v7"

# A registry that is killed shall forget nothing that it has acknowledged.
STORE_OPTIONS = ";WRITE_DELAY=0"

_direct = build_opener(ProxyHandler({}))


class Registry(Server):
    """A schema registry that keeps its schemas in a file; a restart changes no id."""

    name = "registry"
    secret_names = ()

    @property
    def address(self) -> str:
        """The same as ``url``."""
        return self.url

    @property
    def url(self) -> str:
        """What ``EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL`` and Confluent's clients take."""
        return f"http://{HOST}:{self.port()}{API}"

    def is_ready(self) -> bool:
        """Return whether it lists its subjects."""
        try:
            with _direct.open(f"{self.url}/subjects", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False

    def _initialise(self) -> None:
        """Nothing: it makes its file itself."""

    def _environment(self) -> dict[str, str]:
        store = f"jdbc:h2:file:{self.place / 'registry'}{STORE_OPTIONS}"
        return {"REGISTRY_DATASOURCE_URL": store}

    def _command(self) -> list[str]:
        (runner,) = (JARS / "registry").glob("*-runner.jar")
        properties = {
            "quarkus.http.host": HOST,
            "quarkus.http.port": str(self.port()),
            **self.options,
        }
        return [
            *("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *(f"-D{name}={value}" for name, value in properties.items()),
            *("-jar", str(runner)),
        ]
