"""As whom a server runs: databases refuse to run as root, so they get an account that is there."""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PASSABLE = 0o001


@dataclass(frozen=True)
class Account:
    """A user of this machine that a server runs as in place of root."""

    name: str
    uid: int
    gid: int

    @property
    def popen(self) -> dict[str, Any]:
        """What ``subprocess`` needs to run something as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def take(self, path: Path) -> None:
        """Make a file or folder this account's own."""
        shutil.chown(path, self.uid, self.gid)

    def can_reach(self, folder: Path) -> bool:
        """Return whether every folder on the way to a folder lets this account pass."""
        return all(parent.stat().st_mode & _PASSABLE for parent in folder.resolve().parents)


def other_than_root(names: tuple[str, ...]) -> Account | None:
    """Return the first of these accounts that is there; None where we aren't root anyway."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in (*names, "nobody") if name in known)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
