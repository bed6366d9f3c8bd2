"""The settings of the hosts' pages are such that a maintainer can copy them."""

from __future__ import annotations

import pytest

from shared import registry
from tests.hosts.recipe import HERE
from tests.hosts.walks import page
from tests.hosts.walks.description import walk_of

HOSTS = sorted(path.parent.name for path in HERE.glob("*/walk.py"))
REAL = {
    "kafka.example.org:9092": "127.0.0.1:9092",
    "https://schema-registry.example.org": "http://127.0.0.1:8081",
}


def test_there_are_walks():
    """The checks below have something to look at."""
    assert HOSTS == ["credentials", "discovery", "license_manager"]


@pytest.mark.parametrize("host", HOSTS)
def test_page_has_the_settings_of_its_host(host):
    """A destination for each of the room's consumers, and where broker and registry are."""
    walk = walk_of(host)
    text = page.block(host, walk.block, "mine", REAL)
    consumers = [consumer.name for consumer in registry.get_room(walk.room).consumers]
    assert list(walk.consumers) == consumers
    assert all(name in text for name in [*consumers, *REAL.values(), "mine"])
    assert "example.org:9092" not in text


@pytest.mark.parametrize("host", HOSTS)
def test_consumers_are_put_into_shadow(host):
    """By one more setting beside those of the page."""
    walk = walk_of(host)
    text = page.block(host, walk.block, "mine", REAL)
    live = page.files(walk, text, {}, {})
    shadow = page.files(walk, text, {"DEBUG": False}, dict.fromkeys(walk.consumers, "shadow"))
    assert "shadow" not in "".join(live)
    assert all(f"{name}" in "".join(shadow) for name in walk.consumers)
    assert "DEBUG: false\n" in shadow[0]
    assert "MODES" in "".join(shadow)
