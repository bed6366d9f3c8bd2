"""A client that finds no coordinator for too long is told from one that is between two."""

from __future__ import annotations

import json

import pytest

from shared.kafka.contact import Contact

PATIENT = {"socket.connection.setup.timeout.ms": 2000}
"""Contact is lost after three seconds: with the fourth statistics, which come every second."""


def is_lost_after(*states: str, **config: object) -> bool:
    """Return whether contact is lost with statistics that tell of these states of the group."""
    contact = Contact(config)
    for state in states:
        contact.on_statistics(json.dumps({"cgrp": {"state": state}}))
    return contact.is_lost


@pytest.mark.parametrize("state", ["init", "query-coord", "wait-coord", "wait-broker-transport"])
def test_no_coordinator_for_too_long(state: str) -> None:
    """Whatever keeps the client from it."""
    assert not is_lost_after(*[state] * 3, **PATIENT)
    assert is_lost_after(*[state] * 4, **PATIENT)


def test_coordinator_that_came_back() -> None:
    """What went before doesn't count any more."""
    assert not is_lost_after(*["query-coord"] * 3, "up", *["query-coord"] * 3, **PATIENT)


def test_coordinator_that_comes_too_late() -> None:
    """A client that is to be replaced stays so."""
    assert is_lost_after(*["query-coord"] * 4, "up", **PATIENT)


def test_default() -> None:
    """A connection may take its half minute, and its handshakes some more."""
    assert not is_lost_after(*["wait-coord"] * 45)
    assert is_lost_after(*["wait-coord"] * 46)
