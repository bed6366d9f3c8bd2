"""The events that are defined here, and the files that keep how each looks on the wire.

Run as a program, it brings the files up to date, except where that would break somebody:

    python -m tests.shared.events.golden
"""

from __future__ import annotations

import json
import pkgutil
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from openedx_events.event_bus.avro.serializer import AvroSignalSerializer
from openedx_events.tooling import OpenEdxPublicSignal

import shared.events
from tests.shared.events.compatibility import incompatibilities

SCHEMAS = Path(shared.events.__file__).parent / "schemas"


class DeclaredSignal(NamedTuple):
    """A signal, the name it is declared by, and the module that declares it."""

    name: str
    module: ModuleType
    signal: OpenEdxPublicSignal


def declared_signals(package: ModuleType = shared.events) -> list[DeclaredSignal]:
    """Return every public signal in the ``signals`` modules below a package."""
    names = (info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))
    modules = [import_module(name) for name in names if name.endswith(".signals")]
    return [
        DeclaredSignal(name, module, value)
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, OpenEdxPublicSignal)
    ]


def path_for(signal: OpenEdxPublicSignal, directory: Path = SCHEMAS) -> Path:
    """Return where the signal's golden schema is kept."""
    return directory / f"{signal.event_type}.avsc"


def generated_schema(signal: OpenEdxPublicSignal) -> dict[str, Any]:
    """Return the schema that openedx-events makes of the signal as it is now."""
    schema: dict[str, Any] = json.loads(AvroSignalSerializer(signal).schema_string())
    return schema


def update(directory: Path = SCHEMAS) -> list[str]:
    """Write the golden schemas and return the refusals: changes that need a new event type."""
    refusals = []
    for _, _, signal in declared_signals():
        path, schema = path_for(signal, directory), generated_schema(signal)
        problems = incompatibilities(json.loads(path.read_text()), schema) if path.exists() else []
        refusals += [f"{path.name}: {problem}" for problem in problems]
        if not problems:
            path.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n")
    return refusals


if __name__ == "__main__":
    sys.exit("\n".join(update()) or None)
