"""Who may not read the bus, or can't trust it, ends at once and says so; nothing is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults.aftermath import assert_flawless, outcomes
from tests.faults.arena import Arena
from tests.faults.stream import stream
from tests.processes import Process
from tests.services import Services
from tests.services.kafka import USER

SEED = 20261111
EVENTS = 500
SECRET = "not-the-password"
FATAL = 3
NOT_TRUSTED = "The broker's certificate isn't trusted: .*ssl.ca.location in EVENT_SYNC"
REFUSED = "The broker refuses us: _AUTHENTICATION: .*Hint: Check EVENT_BUS_KAFKA_API_KEY"

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def signed_in(
    services: Services, *, user: str = USER, password: str = "", listener: str = "SASL_SSL"
) -> dict[str, Any]:
    """Return the environment of a worker that comes by TLS with a password, as upstream's do."""
    return {
        "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": services.kafka.bootstrap_servers(listener),
        "EVENT_BUS_KAFKA_API_KEY": user,
        "EVENT_BUS_KAFKA_API_SECRET": password or services.kafka.password,
    } | trusting(services.kafka.authority)


def encrypted(services: Services) -> dict[str, Any]:
    """Return the environment of a worker that comes by TLS without a password."""
    return {
        "EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS": services.kafka.bootstrap_servers("SSL")
    } | trusting(services.kafka.authority, **{"security.protocol": "SSL"})


def trusting(authority: Path, **options: str) -> dict[str, Any]:
    """Return the part of an environment that names an authority."""
    config = {"ssl.ca.location": str(authority), **options}
    return {"EVENT_SYNC_KAFKA_CONSUMER_CONFIG": config}


def wrong_password(arena: Arena) -> Process:
    """Let a worker sign in with a wrong password where messages wait; it may end by itself."""
    arena.publish(stream(SEED, EVENTS))
    return arena.start(**signed_in(arena.services, password=SECRET))


def assert_refused(arena: Arena, worker: Process, why: str) -> None:
    """Assert that a worker ended with one clear line, told no secret and touched nothing."""
    assert worker.exit_status() == FATAL
    worker.wait_for(f"^CommandError: Fatal: {why}")
    assert worker.output.count("Fatal") == 1
    assert "Traceback" not in worker.output
    assert_nothing_touched(arena, worker)


def assert_nothing_touched(arena: Arena, worker: Process) -> None:
    """Assert that neither the group nor the database has anything, nor the log a secret."""
    assert SECRET not in worker.output
    assert arena.services.kafka.password not in worker.output
    assert arena.committed() == {}
    assert set(outcomes(arena).values()) == {0}
    assert arena.query("SELECT count(*) FROM testapp_shelf") == [("0",)]


def test_wrong_password(arena):
    """The worker ends as fatal; with the right one the next finds everything."""
    assert_refused(arena, wrong_password(arena), REFUSED)
    right = signed_in(arena.services)
    arena.start(**right)
    assert_flawless(arena, ended=1, **right)


def test_tls_without_password(arena):
    """A worker that only encrypts works by its own options alone."""
    arena.publish(stream(SEED, EVENTS))
    arena.start(**encrypted(arena.services))
    assert_flawless(arena, **encrypted(arena.services))


def test_unknown_user(arena):
    """It is told apart from a wrong password by nobody, so the line is the same."""
    arena.publish(stream(SEED, EVENTS))
    worker = arena.start(**signed_in(arena.services, user="nobody"))
    assert_refused(arena, worker, REFUSED)


def test_password_where_none_is_asked_for(arena):
    """A listener that takes no passwords refuses one; that doesn't mend itself either."""
    arena.publish(stream(SEED, EVENTS))
    worker = arena.start(**signed_in(arena.services, listener="SSL"))
    assert_refused(arena, worker, REFUSED)


def test_certificate_of_another_authority(arena):
    """A broker that can't prove who it is gets no password, not even a wrong one."""
    arena.publish(stream(SEED, EVENTS))
    other = trusting(arena.services.kafka.other_authority)
    worker = arena.start(**signed_in(arena.services) | other)
    assert_refused(arena, worker, NOT_TRUSTED)


def test_no_authority(arena):
    """Without one the system's are asked, and they don't know the broker's."""
    arena.publish(stream(SEED, EVENTS))
    none: dict[str, Any] = {"EVENT_SYNC_KAFKA_CONSUMER_CONFIG": {}}
    worker = arena.start(**signed_in(arena.services) | none)
    assert_refused(arena, worker, NOT_TRUSTED)


def test_wrong_password_of_the_database(arena):
    """PostgreSQL's driver has no code for it: the worker waits, and its log says what is wrong."""
    arena.publish(stream(SEED, EVENTS))
    url = arena.environment()["DATABASE_URL"].replace(arena.server.password, SECRET)
    worker = arena.start(DATABASE_URL=url)
    worker.wait_for("batch.waiting .*password authentication failed")
    assert worker.stop() == 0
    assert_nothing_touched(arena, worker)


def test_tls_where_none_is_spoken(arena):
    """It may be a broker that starts: the worker waits, and its log says what it looks like."""
    arena.publish(stream(SEED, EVENTS))
    worker = arena.start(**signed_in(arena.services, listener="PLAINTEXT"))
    worker.wait_for("broker.waiting .*error=_TRANSPORT reason=.*PLAINTEXT broker listener")
    assert worker.stop() == 0
    assert_nothing_touched(arena, worker)


def test_no_tls_where_it_is_spoken(arena):
    """To the client that is a connection which is closed: the worker waits, and says so."""
    arena.publish(stream(SEED, EVENTS))
    address = arena.services.kafka.bootstrap_servers("SASL_SSL")
    worker = arena.start(EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS=address)
    worker.wait_for("broker.waiting .*error=_ALL_BROKERS_DOWN reason=.*brokers are down")
    assert worker.stop() == 0
    assert_nothing_touched(arena, worker)
