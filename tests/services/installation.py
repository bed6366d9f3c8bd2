"""What has to be on the machine: system packages, and jars that Maven brings from Maven Central.

Only what is missing is installed. Without root or apt-get one line says what that is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.services import chromium, mariadb, postgresql
from tests.services.folders import FOLDER, JARS

_POM = Path(__file__).with_name("pom.xml")
_STAMP = JARS / "pom.sha256"
_LOG = FOLDER / "install.log"
_OLDEST_JAVA = 17


class Missing(Exception):
    """Something isn't on the machine and could not be installed."""


@dataclass(frozen=True)
class Need:
    """Something that a machine has or hasn't, and the Debian packages that bring it."""

    what: str
    packages: tuple[str, ...]
    is_met: Callable[[], bool]


def install() -> None:
    """Install what is missing; raise ``Missing`` where that can't be done."""
    if missing := [need for need in NEEDS if not need.is_met()]:
        _install_packages(missing)
    if not _has_jars():
        _fetch_jars()


def _has_java() -> bool:
    if not shutil.which("java"):
        return False
    answer = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', answer)
    return found is not None and int(found[1]) >= _OLDEST_JAVA


def _has_mariadb() -> bool:
    return all(shutil.which(mariadb.program(name)) for name in mariadb.PROGRAMS)


def _has_mysqlclient() -> bool:
    """Return whether mysqlclient, which has no wheels for Linux, works or can be built."""
    return _succeeds(sys.executable, "-c", "import MySQLdb") or (
        bool(shutil.which("gcc"))
        and bool(shutil.which("pkg-config"))
        and any(_succeeds("pkg-config", "--exists", name) for name in ("libmariadb", "mysqlclient"))
    )


def _has_jars() -> bool:
    return _STAMP.exists() and _STAMP.read_text() == _pom_hash()


NEEDS = (
    Need("Java 17 or newer", ("default-jre-headless",), _has_java),
    Need("Maven", ("maven",), lambda: _has_jars() or bool(shutil.which("mvn"))),
    Need("openssl", ("openssl",), lambda: bool(shutil.which("openssl"))),
    Need("PostgreSQL's server", ("postgresql",), lambda: postgresql.binaries() is not None),
    Need("MariaDB's server", ("mariadb-server-core", "mariadb-client-core"), _has_mariadb),
    Need("promtool", ("prometheus",), lambda: bool(shutil.which("promtool"))),
    Need(
        "what mysqlclient is built with",
        ("libmariadb-dev", "pkg-config", "gcc", "python3-dev"),
        _has_mysqlclient,
    ),
    Need("Chromium", ("chromium",), lambda: chromium.program() is not None),
)


def _install_packages(missing: list[Need]) -> None:
    packages = [package for need in missing for package in need.packages]
    wanted = " ".join(packages)
    names = ", ".join(need.what for need in missing)
    if os.getuid() != 0 or not shutil.which("apt-get"):
        raise Missing(
            f"These are missing: {names}."
            f" Hint: sudo apt-get install --no-install-recommends {wanted}"
        )
    print(f"Installing {wanted}", file=sys.stderr)
    _logged("apt-get", "update", "--quiet=2", must_succeed=False)
    _logged("apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", *packages)
    if still := [need.what for need in missing if not need.is_met()]:
        raise Missing(f"Installed, but still missing: {', '.join(still)}. Log: {_LOG}")


def _fetch_jars() -> None:
    print("Fetching Kafka and the schema registry with Maven", file=sys.stderr)
    shutil.rmtree(JARS, ignore_errors=True)
    JARS.mkdir(parents=True)
    _logged(
        *("mvn", "--batch-mode", "--no-transfer-progress", "--quiet"),
        *("--file", str(_POM), f"-Djars={JARS}", "package"),
    )
    _STAMP.write_text(_pom_hash())


def _pom_hash() -> str:
    return hashlib.sha256(_POM.read_bytes()).hexdigest()


def _logged(*command: str, must_succeed: bool = True) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    FOLDER.mkdir(exist_ok=True)
    with _LOG.open("a") as file:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment
        )
    if done.returncode and must_succeed:
        end = "\n".join(_LOG.read_text(errors="replace").splitlines()[-15:])
        raise Missing(f"{command[0]} failed:\n{end}\nAll of it: {_LOG}")


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0
