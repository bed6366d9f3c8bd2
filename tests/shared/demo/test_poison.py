"""Every damage leaves a message that can't be read, and says nothing else is wrong."""

from __future__ import annotations

from random import Random

import pytest

from shared.demo import poison
from shared.demo.stream import AvroValue


@pytest.mark.parametrize("damage", poison.DAMAGES.values(), ids=poison.DAMAGES)
def test_a_damaged_message_keeps_its_id(book, damage):
    """By its id the observer finds it again."""
    message = damage(book(7), Random(1))
    assert dict(message.headers)["ce_id"].decode() == message.event_id == book(7).event_id


@pytest.mark.parametrize("damage", poison.DAMAGES.values(), ids=poison.DAMAGES)
def test_a_damage_spoils_one_thing(book, damage):
    """Either the value or the headers, so that the dead letter's reason is this one."""
    message = damage(book(), Random(1))
    well = poison.unknown_type(book())
    names = [name for name, _ in message.headers]
    has_good_headers = sorted(names) == sorted(name for name, _ in well.headers)
    assert has_good_headers != isinstance(message.value, AvroValue)


def test_an_unknown_type_is_otherwise_well(book):
    """One ``ce_type``, which nobody knows, before a good value."""
    message = poison.unknown_type(book())
    types = [value for name, value in message.headers if name == "ce_type"]
    assert len(types) == 1
    assert types != [book().signal.event_type.encode()]
    assert message.value == AvroValue(book().signal, book().data)
