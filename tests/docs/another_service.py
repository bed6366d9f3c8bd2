"""Python in a process of its own, as a service with settings and packages of its own runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT


def run(*arguments: str, settings: str, packages: Path, folder: Path, database: Path) -> str:
    """Run Python in a folder and return what it prints; fail with that if it fails.

    ``packages`` is where the settings and the service's own packages are.
    """
    environment = {name: v for name, v in os.environ.items() if not name.startswith("PYTEST_")}
    inherited = os.environ.get("PYTHONPATH", "")
    environment |= {
        "DATABASE_URL": f"sqlite:///{database}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(packages), str(ROOT), inherited])),
    }
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout
