"""On what and with what was measured: the machine without its name, and the versions."""

from __future__ import annotations

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.faults.versions import versions
from tests.services import Services

_PACKAGES = ("djangorestframework", "gunicorn", "fastavro", "psycopg", "mysqlclient")


def provenance(services: Services) -> dict[str, Any]:
    """Return date, machine and versions; the machine's load is that of the last minute."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "load": round(os.getloadavg()[0], 1),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "versions": {
            **versions(services.postgresql),
            **versions(services.mariadb),
            "SQLite": sqlite3.sqlite_version,
            **{name: version(name) for name in _PACKAGES},
        },
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
