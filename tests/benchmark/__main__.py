"""Run the benchmark: ``make bench``, or ``python -m tests.benchmark --help``.

One run, one embedded broker, one database, contestants in turn, several rounds, medians. Only the
ratio means something; the rates are those of this machine. Real Kafka comes with a later change.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from shared.embedded import EmbeddedBroker, EmbeddedRegistry
from tests.benchmark.contest import OURS, STOCK, TOPIC, Contest, Encoded
from tests.services import postgresql
from tests.services.postgresql import PostgreSQL

log = Console(stderr=True)


def main() -> None:
    """Parse, run, print."""
    options = _parse()
    with (
        _database(options.database) as (database, url),
        EmbeddedBroker() as broker,
        EmbeddedRegistry() as registry,
    ):
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.benchmark.settings",
            "DATABASE_URL": url,
            "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL": registry.url,
        }
        os.environ.update(environment)
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
        messages = _encode(max(options.events, options.stock_events))
        rates = _rounds(Contest(broker.bootstrap_servers, environment), messages, options)
    _report(database, rates, as_json=options.json)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=main.__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="events for this worker")
    parser.add_argument("--stock-events", type=int, default=3_000, help="and for the stock one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--database",
        choices=["auto", "sqlite", "postgresql"],
        default="auto",
        help="auto: PostgreSQL where its server is installed, else SQLite",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


@contextmanager
def _database(wanted: str) -> Iterator[tuple[str, str]]:
    """Yield the database's name and the URL of an empty one of its kind."""
    if wanted == "postgresql" and not postgresql.binaries():
        sys.exit("No PostgreSQL server is installed. Hint: apt-get install postgresql")
    with TemporaryDirectory() as folder:
        if wanted != "sqlite" and postgresql.binaries():
            with PostgreSQL(Path(folder)) as server:
                yield "PostgreSQL", server.url
        else:
            yield "SQLite", f"sqlite:///{Path(folder) / 'benchmark.sqlite3'}"


def _encode(count: int) -> list[Encoded]:
    """Encode grade changes as the stock producer does: half of them first grades."""
    import django

    django.setup()
    from confluent_kafka.serialization import MessageField, SerializationContext
    from edx_event_bus_kafka.internal.producer import get_serializers
    from opaque_keys.edx.keys import CourseKey
    from openedx_events.data import EventsMetadata

    from shared.cloudevents import headers_of
    from shared.events.learning.data import CourseGradeData
    from shared.events.learning.signals import COURSE_GRADE_CHANGED

    key_serializer, value_serializer = get_serializers(COURSE_GRADE_CHANGED, "grade.user_id")
    course = CourseKey.from_string("course-v1:edX+Benchmark+2026")
    start = datetime.now(UTC) - timedelta(days=1)
    messages = []
    for number in range(count):
        learner = number % max(1, count // 2) + 1
        grade = CourseGradeData(
            user_id=learner,
            username=f"learner-{learner}",
            course_key=course,
            percent_grade=number % 101 / 100,
            letter_grade="Pass" if number % 101 > 60 else "",
            passed=number % 101 > 60,
            attempted=True,
            verified=True,
        )
        time = start + timedelta(milliseconds=number)
        metadata = EventsMetadata(event_type=COURSE_GRADE_CHANGED.event_type, time=time)
        messages.append(
            Encoded(
                key_serializer(learner, SerializationContext(TOPIC, MessageField.KEY)),
                value_serializer({"grade": grade}, SerializationContext(TOPIC, MessageField.VALUE)),
                list(headers_of(metadata)),
            )
        )
    return messages


def _rounds(
    contest: Contest, messages: list[Encoded], options: argparse.Namespace
) -> dict[str, list[float]]:
    """Let the contestants run in turn, each round on topics and learners of its own."""
    rates: dict[str, list[float]] = {STOCK.name: [], OURS.name: []}
    sizes = {STOCK.name: options.stock_events, OURS.name: options.events}
    for number in range(options.rounds):
        for contestant in (STOCK, OURS):
            _empty_tables()
            prefix = f"round{number}-{'ours' if contestant is OURS else 'stock'}"
            rate = contest.rate(contestant, messages[: sizes[contestant.name]], prefix)
            rates[contestant.name].append(rate)
            log.print(f"round {number + 1}: {contestant.name}: {rate:,.0f} events/s")
    return rates


def _empty_tables() -> None:
    from credentials_grades_sync.standalone.models import UserGrade

    UserGrade.objects.all().delete()


def _report(database: str, rates: dict[str, list[float]], *, as_json: bool) -> None:
    medians = {name: median(values) for name, values in rates.items()}
    result = {
        "database": database,
        "rates": {name: [round(value) for value in values] for name, values in rates.items()},
        "medians": {name: round(value) for name, value in medians.items()},
        "ratio": round(medians[OURS.name] / medians[STOCK.name], 1),
        "versions": {
            "python": platform.python_version(),
            **{
                name: version(name)
                for name in ("Django", "openedx-events", "edx-event-bus-kafka", "confluent-kafka")
            },
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    if as_json:
        print(json.dumps(result))
        return
    table = Table("contestant", "events/s (median)", "spread", title=f"on {database}")
    for name, values in rates.items():
        table.add_row(name, f"{medians[name]:,.0f}", f"{min(values):,.0f} to {max(values):,.0f}")
    console = Console()
    console.print(table)
    console.print(f"{result['ratio']} times the stock consumer; {result['versions']}")


if __name__ == "__main__":
    main()
