"""Certificates made by openssl: a server's for 127.0.0.1, its authority, and one nobody trusts.

The authorities' keys are thrown away once they have signed.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from secrets import token_urlsafe

KEYSTORE = "server.p12"
PASSWORD = "server.password"
AUTHORITY = "ca.pem"
OTHER_AUTHORITY = "other-ca.pem"

_DAYS = "3650"
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def make(folder: Path) -> None:
    """Fill a folder with ``server.p12`` and its password, ``ca.pem`` and ``other-ca.pem``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PASSWORD).write_text(token_urlsafe(16))
    for authority in (AUTHORITY, OTHER_AUTHORITY):
        _openssl(
            folder,
            *("req", "-x509", "-days", _DAYS, "-subj", f"/CN={authority} of the tests"),
            *(*_NEW_KEY, "-keyout", f"{authority}.key", "-out", authority),
        )
    _openssl(
        folder,
        *("req", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        *(*_NEW_KEY, "-keyout", "server.key", "-out", "server.csr"),
    )
    _openssl(
        folder,
        *("x509", "-req", "-days", _DAYS, "-copy_extensions", "copy", "-in", "server.csr"),
        *("-CA", AUTHORITY, "-CAkey", f"{AUTHORITY}.key", "-CAcreateserial", "-out", "server.pem"),
    )
    _openssl(
        folder,
        *("pkcs12", "-export", "-name", "server", "-inkey", "server.key", "-in", "server.pem"),
        *("-certfile", AUTHORITY, "-passout", f"file:{PASSWORD}", "-out", KEYSTORE),
    )
    for path in folder.iterdir():
        if path.name not in {KEYSTORE, PASSWORD, AUTHORITY, OTHER_AUTHORITY}:
            path.unlink()
    (folder / KEYSTORE).chmod(0o644)  # a container reads it as another user


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
