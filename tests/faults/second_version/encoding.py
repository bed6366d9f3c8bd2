"""Producers of both versions on one topic: a text with a subtitle comes from the newer one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tests.faults.encoding import Encoder
from tests.faults.second_version.events import BookData
from tests.faults.second_version.titles import joined, parted
from tests.faults.stream import Landed, Said, What


def in_both_versions(stream: Iterable[Said]) -> Iterator[Said]:
    """Yield a stream in which every other book is told by a producer of the second version."""
    for said in stream:
        is_second = said.what is What.BOOK and said.millisecond % 2
        yield replace(said, text=joined(said.text, "a novel")) if is_second else said


def as_first_version(landed: Landed) -> Landed:
    """Return what a consumer of the first version makes of a message: it knows no subtitle."""
    title, _ = parted(landed.said.text)
    return landed._replace(said=replace(landed.said, text=title))


class SecondVersion(Encoder):
    """Writes books with their subtitles."""

    def __init__(self, registry_url: str, topic: str) -> None:
        super().__init__(registry_url, topic, book=BookData)

    def book(self, said: Said) -> dict[str, Any]:
        """Return title and subtitle, each for itself."""
        title, subtitle = parted(said.text)
        return super().book(said) | {"title": title, "subtitle": subtitle}


class BothVersions(Encoder):
    """Writes each message with the version that it is told in."""

    def __init__(self, registry_url: str, topic: str) -> None:
        super().__init__(registry_url, topic)
        self._second = SecondVersion(registry_url, topic)

    def value(self, said: Said) -> bytes:
        """Return the framed Avro data."""
        _, subtitle = parted(said.text)
        return super().value(said) if subtitle is None else self._second.value(said)
