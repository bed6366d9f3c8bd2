"""Where `make services` keeps what it brings and makes: one folder of the checkout, not in Git."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / ".services"
JARS = FOLDER / "jars"


def folder_of(number: int) -> Path:
    """Return the folder of a set of servers; 0 is the one that there usually is."""
    return FOLDER / f"set-{number}" if number else FOLDER


def folders() -> list[Path]:
    """Return the folders of all sets that there have been, and the usual one."""
    return [FOLDER, *sorted(FOLDER.glob("set-*"))]
