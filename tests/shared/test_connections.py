"""Connections are let go when they are gone, and only then.

They are stood in for: MySQL's backend, which the second test is about, can't be had here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from shared import connections


class Connection:
    """Stands in for a connection of Django; asked whether it is usable, it answers as MySQL's."""

    def __init__(self, *, is_open: bool, is_alive: bool = False, in_atomic: bool = False) -> None:
        self.connection = SimpleNamespace(is_alive=is_alive) if is_open else None
        self.in_atomic_block = in_atomic
        self.is_closed = False

    def is_usable(self) -> bool:
        """Fail without a connection."""
        return self.connection.is_alive  # type: ignore[union-attr, no-any-return]

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


@pytest.fixture
def refreshed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Refresh a connection and return whether it was closed."""

    def refresh(connection: Connection, **options: bool) -> bool:
        everything = SimpleNamespace(all=lambda **_: [connection])
        monkeypatch.setattr(connections, "connections", everything)
        connections.refresh(**options)
        return connection.is_closed

    return refresh


def test_connection_that_is_gone_is_closed(refreshed):
    """The next query opens another."""
    assert refreshed(Connection(is_open=True))


def test_connection_that_was_never_opened_is_left_alone(refreshed):
    """There is nothing to close, and on MySQL nothing to ask."""
    assert not refreshed(Connection(is_open=False))


def test_connection_that_answers_is_left_alone(refreshed):
    """A new one costs time."""
    assert not refreshed(Connection(is_open=True, is_alive=True))


def test_connection_that_answers_is_not_kept_for_a_retry(refreshed):
    """After a fail-over it may answer for as long as it lives that it only reads."""
    assert refreshed(Connection(is_open=True, is_alive=True), is_retry=True)


def test_connection_inside_a_transaction_is_left_alone(refreshed):
    """What is wrong with it shows at its next query, and rolls the transaction back."""
    assert not refreshed(Connection(is_open=True, in_atomic=True))
