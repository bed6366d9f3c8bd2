"""What is remembered of a server between commands: a small file in the server's folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.services.processes import Process


@dataclass(frozen=True, kw_only=True)
class Record:
    """One server's ports, secrets, place and process.

    ``place`` holds data and configuration; ``folder`` is where the record was written, so that a
    copy of a checkout doesn't take the original's servers for its own.
    """

    folder: str
    place: str
    ports: dict[str, int]
    secrets: dict[str, str] = field(repr=False)
    process: Process | None = None


def load(file: Path) -> Record | None:
    """Return the record in a file; None where there is none or it is another folder's."""
    try:
        values = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    if values["process"]:
        values["process"] = Process(**values["process"])
    record = Record(**values)
    return record if record.folder == str(file.parent) else None


def save(file: Path, record: Record) -> None:
    """Replace a record as a whole, readable for its owner only."""
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(record), indent=2))
    os.replace(draft, file)
