"""What it takes to run a destination's tests inside a checkout of its host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Unusable(Exception):
    """What was asked for can't be done; the message is for who asked, in one line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How a host's own code is set up. Paths are inside its checkout.

    ``landmark`` is a file that no other service has. ``leave_out`` and ``replace`` are about
    requirements, by their names in lower case, and ``add`` are further ones; options in the files
    are passed over. ``production`` are the host's own requirements, without those of its tests.
    ``empty`` are packages that the settings name and the tests don't need.
    ``system`` are Debian packages that pip needs.
    """

    name: str
    landmark: str
    settings: str
    requirements: tuple[str, ...]
    production: tuple[str, ...] = ("requirements/production.txt",)
    leave_out: tuple[str, ...] = ()
    replace: Mapping[str, str] = field(default_factory=dict)
    add: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = "3.12"

    def requirements_of(self, source: Path) -> str:
        """Return the text of the requirements to be installed. Raises ``Unusable``."""
        if not (source / self.landmark).is_file():
            raise Unusable(f"SRC={source} is no checkout of {self.name}: no {self.landmark} there.")
        lines = [line for path in self.requirements for line in self._lines(source / path)]
        return "\n".join([*lines, *self.add, ""])

    def _lines(self, file: Path) -> Iterator[str]:
        if not file.is_file():
            raise Unusable(f"{self.name} has no {file.name} at {file}: the recipe is out of date.")
        for line in file.read_text().splitlines():
            found = _NAME.match(line)
            name = found[0].lower() if found else ""
            if found and name not in self.leave_out:
                yield self.replace.get(name, line)


def known() -> list[str]:
    """Return the hosts that have a recipe."""
    return sorted(path.parent.name for path in HERE.glob("*/recipe.py"))


def recipe_of(host: str) -> Recipe:
    """Return a host's recipe. Raises ``Unusable``."""
    if host not in known():
        raise Unusable(f"HOST={host} is none of {', '.join(known())}.")
    recipe: Recipe = import_module(f"tests.hosts.{host}.recipe").RECIPE
    return recipe
