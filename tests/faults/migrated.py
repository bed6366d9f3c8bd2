"""A database with our tables, made once on each server that arenas are on."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

from tests.faults.contestants import OURS
from tests.processes import ROOT
from tests.services.database import DatabaseServer


@cache
def migrated(server: DatabaseServer) -> str:
    """Return its name; it is only copied."""
    name = "arenas"
    environment = {
        **os.environ,
        **OURS.environment,
        "DATABASE_URL": server.make_database(name),
    }
    migrate = [sys.executable, "manage.py", "migrate", "--run-syncdb", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    return name
