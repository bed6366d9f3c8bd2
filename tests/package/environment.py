"""Commands of an environment that knows neither the checkout nor this process's settings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 300
"""Seconds after which a command is given up: pip may have to wait for its index."""
_OURS = ("DATABASE_", "DJANGO_", "EVENT_", "PYTHON")


def variables(**more: str) -> dict[str, str]:
    """Return the environment variables without those that lead to the checkout or to settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith(_OURS)} | more


def run(command: Sequence[str], folder: Path, **more: str) -> str:
    """Run a command in a folder and return what it prints; fail with that if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Environment:
    """A virtual environment, by the folder of its programs."""

    programs: Path

    def python(self, *arguments: str, folder: Path, **more: str) -> str:
        """Run its Python in a folder and return what it prints."""
        return run([str(self.programs / "python"), *arguments], folder, **more)
