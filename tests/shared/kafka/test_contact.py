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


def test_coordinator_that_comes_late() -> None:
    """A client that has found it after all, while a batch was under way, is as good as another."""
    assert not is_lost_after(*["query-coord"] * 4, "up", **PATIENT)


def test_client_that_was_given_up() -> None:
    """It is replaced though it knows a coordinator: it can't say where the group stands."""
    contact = Contact(PATIENT)
    contact.give_up()
    contact.on_statistics(json.dumps({"cgrp": {"state": "up"}}))
    assert contact.is_lost


def test_session_that_is_longer() -> None:
    """Until it is over the place in the group is kept, and no other client is needed."""
    session = {"session.timeout.ms": 9000}
    assert not is_lost_after(*["query-coord"] * 9, **PATIENT, **session)
    assert is_lost_after(*["query-coord"] * 10, **PATIENT, **session)


def test_default() -> None:
    """A connection may take its half minute, and its handshakes some more."""
    assert not is_lost_after(*["wait-coord"] * 45)
    assert is_lost_after(*["wait-coord"] * 46)
