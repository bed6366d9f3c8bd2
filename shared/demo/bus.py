"""The demo's bus: an embedded one, to which this process's settings lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from shared.embedded.bus import Bus, running_bus


@contextmanager
def embedded_bus(prefix: str, topics: Iterable[str]) -> Iterator[Bus]:
    """Run a bus with these topics (named without prefix), and point this process's settings to it.

    Raises ``EmbeddedBrokerUnavailable``.
    """
    with running_bus(topics, prefix=prefix) as bus, overridden(bus.upstream_settings):
        yield bus


@contextmanager
def overridden(values: Mapping[str, Any]) -> Iterator[None]:
    """Set Django settings while the block runs.

    The stock producer can be configured by nothing else, and the ports aren't known before. The
    signal lets upstream, and us, forget what is cached.
    """
    before = {name: getattr(django_settings, name, None) for name in values}
    _assign(values)
    try:
        yield
    finally:
        _assign(before)


def _assign(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(django_settings, name, value)
        setting_changed.send(
            sender=django_settings.__class__, setting=name, value=value, enter=True
        )
