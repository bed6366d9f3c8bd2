"""Connections to a database without Django: for the hand-written loop, and to look from outside."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import urlsplit

POSTGRESQL, MARIADB, SQLITE = "postgresql", "mariadb", "sqlite"
_KINDS = {"postgres": POSTGRESQL, "mysql": MARIADB, "sqlite": SQLITE}


def kind_of(url: str) -> str:
    """Return which database a ``DATABASE_URL`` means."""
    return _KINDS[urlsplit(url).scheme]


def connect(url: str, *, autocommit: bool = True) -> Any:
    """Return a DB-API connection to the database of a ``DATABASE_URL``."""
    parts = urlsplit(url)
    if kind_of(url) == SQLITE:
        # The same as the reference project's settings: durability is no contestant's choice.
        connection = sqlite3.connect(parts.path[1:], isolation_level=None, timeout=60)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection
    login: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
    }
    if kind_of(url) == MARIADB:
        import MySQLdb

        name = parts.path[1:]
        return MySQLdb.connect(**login, database=name, charset="utf8mb4", autocommit=autocommit)
    import psycopg

    return psycopg.connect(**login, dbname=parts.path[1:], autocommit=autocommit)
