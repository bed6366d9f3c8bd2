"""Our events are declared as openedx-events declares its own, and beside them, not over them."""

from __future__ import annotations

import inspect
import re

import attrs
import openedx_events
import pytest

from tests.shared.events import golden

DECLARED = golden.declared_signals()


@pytest.fixture(params=DECLARED, ids=lambda declared: declared.name)
def declared(request):
    """Each signal that is defined here, with its name and module."""
    return request.param


def annotated(declared: golden.DeclaredSignal) -> dict[str, str]:
    """Return the annotations in the comment directly above a signal."""
    lines = inspect.getsource(declared.module).splitlines()
    line = next(n for n, text in enumerate(lines) if text.startswith(f"{declared.name} = "))
    first = line
    while lines[first - 1].startswith("#"):
        first -= 1
    matches = (re.match(r"# \.\. (\w+): (.+)", text) for text in lines[first:line])
    return {match[1]: match[2] for match in matches if match}


def test_annotation_block_is_complete(declared):
    """Each signal carries every annotation that openedx-events' catalogue shows."""
    assert set(annotated(declared)) == {
        "event_type",
        "event_name",
        "event_key_field",
        "event_description",
        "event_data",
        "event_trigger_repository",
    }


def test_annotations_agree_with_the_signal(declared):
    """The annotations name the signal's own type, name and data."""
    found = annotated(declared)
    data_classes = ", ".join(data.__name__ for data in declared.signal.init_data.values())
    assert found["event_type"] == declared.signal.event_type
    assert found["event_name"] == declared.name
    assert found["event_data"] == data_classes


def test_key_field_is_a_field_of_the_data(declared):
    """The annotated key field leads to a field of the event's data."""
    first, *path = annotated(declared)["event_key_field"].split(".")
    data = declared.signal.init_data[first]
    for name in path:
        data = attrs.fields_dict(data)[name].type
    assert data is not None


def test_no_event_type_is_declared_over_one_of_openedx_events():
    """A second declaration would take the place of the first in openedx-events' registry."""
    theirs = {found.signal.event_type for found in golden.declared_signals(openedx_events)}
    ours = [found.signal.event_type for found in DECLARED]
    assert theirs
    assert theirs.isdisjoint(ours)
    assert len(set(ours)) == len(ours)
