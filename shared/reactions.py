"""Which reaction an exception calls for, by the database's own code and not by its class.

Classes mislead: MariaDB answers bad text and a failed CHECK with ``OperationalError`` and a lost
race with ``IntegrityError``. Codes: PostgreSQL appendix A, MariaDB error codes, SQLite result
codes.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError

from shared.exceptions import FatalError, Outage, TransientError


class Reaction(Enum):
    """What to do about an exception that was raised while a batch was settled."""

    RETRY = "retry"
    """Infrastructure: try the same batch again."""
    ISOLATE = "isolate"
    """Data, or code that meets data it didn't expect: find the event and bury it."""
    STOP = "stop"
    """Going on would do harm."""


# 08 connection, 25006 read-only after a fail-over, 25P03 and 25P04 transaction time-outs, 40 rolled
# back, 53 resources, 55P03 lock not available, 57 operator intervention and time-outs, 58 system
# error, XX000 internal error.
_POSTGRES_RETRY = ("08", "25006", "25P03", "25P04", "40", "53", "55P03", "57", "58", "XX000")
# 28 authorization, 3D no database, 3F no schema, 42 undefined table or column, no privilege, XX001
# and XX002 corruption.
_POSTGRES_STOP = ("28", "3D", "3F", "42", "XX001", "XX002")

# 1047: a node of a Galera cluster that isn't ready
_MYSQL_CONNECTION = (1040, 1047, 1053, 1077, 1129, 1135, 1152, 1158, 1159, 1160, 1161, 1203, 1226)
_MYSQL_KILLED = (1927, 4031)
_MYSQL_CLIENT = (2002, 2003, 2005, 2006, 2013, 2014, 2027, 2055)
# Disk, memory, read-only, changed by another transaction. 3 and 1026: a file that can't be written,
# as those for temporary data and the binary log on a full disk.
_MYSQL_RESOURCE = (3, 1020, 1021, 1026, 1030, 1037, 1038, 1041, 1114, 1290, 1792, 1836)
_MYSQL_LOCK_OR_TIMEOUT = (1180, 1205, 1206, 1213, 1317, 1614, 1969, 3024, 3572)
_MYSQL_RETRY = frozenset(
    [
        *_MYSQL_CONNECTION,
        *_MYSQL_KILLED,
        *_MYSQL_CLIENT,
        *_MYSQL_RESOURCE,
        *_MYSQL_LOCK_OR_TIMEOUT,
    ]
)
# access denied, no database, no table, no column, bad SQL, no privilege
_MYSQL_STOP = frozenset([1044, 1045, 1049, 1054, 1064, 1142, 1143, 1146, 1227, 1698])

# BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL
_SQLITE_RETRY = frozenset([5, 6, 7, 8, 9, 10, 13, 14, 15])
# ERROR (no such table or column), PERM, CORRUPT, SCHEMA, AUTH, NOTADB
_SQLITE_STOP = frozenset([1, 3, 11, 17, 23, 26])

# Of those that are waited out: serialization failure, deadlock, lock not available in time; and no
# space left.
_POSTGRES_CLEARS = frozenset(["40001", "40P01", "55P03", "53100"])
_MYSQL_CLEARS = frozenset([1020, 1205, 1213, 1614, 3572, 3, 1021, 1026, 1114])
_SQLITE_CLEARS = frozenset([5, 6, 13])

_NAME = r"[A-Za-z_]\w{0,63}"
_PATH = rf"(?:{_NAME}\.){{0,2}}{_NAME}"
# Whole lines, so that what is taken for a name is one; a server that speaks another language names
# nothing.
_ABSENT = {
    kind: re.compile("|".join(lines), re.ASCII)
    for kind, lines in {
        "table": (
            rf"no such table: ({_PATH})",
            rf'relation "({_PATH})" does not exist',
            rf"Table '({_PATH})' doesn't exist",
        ),
        "column": (
            rf"no such column: ({_PATH})",
            rf"table {_PATH} has no column named ({_NAME})",
            rf'column "({_NAME})" of relation "{_NAME}" does not exist',
            rf'column "?({_PATH})"? does not exist',
            rf"Unknown column '({_PATH})' in '[A-Za-z ]+'",
        ),
    }.items()
}
_ABSENT_CODES = frozenset(["42P01", "42703", 1146, 1054, "SQLITE_ERROR"])

# By name, for they are a host's: what the clients of its caches and of Celery's broker raise while
# nobody answers. These are no OSError, and whatever is derived from them is an outage as well.
_OUTAGES = frozenset(
    [
        "kombu.exceptions.OperationalError",
        "pymemcache.exceptions.MemcacheServerError",
        "redis.exceptions.ConnectionError",
        "redis.exceptions.TimeoutError",
    ]
)
# "All servers seem to be down"; what is derived from it may be a key that memcached doesn't take.
_OUTAGE_ITSELF = "pymemcache.exceptions.MemcacheError"


def reaction_to(error: Exception) -> Reaction:
    """Return the reaction that an exception calls for."""
    if isinstance(error, TransientError):
        return Reaction.RETRY
    if isinstance(error, FatalError):
        return Reaction.STOP
    if isinstance(error, OSError) and error.filename is None:
        # Connections and time-outs, those of the requests library included; a file that is
        # missing or shut won't come by waiting.
        return Reaction.RETRY
    if not isinstance(error, DatabaseError):
        return Reaction.RETRY if _is_outage(error) else Reaction.ISOLATE
    return _reaction_to_code(error)


def clears_the_event(error: Exception) -> bool:
    """Return whether a failure is none of the event's.

    Others were in its way, the disk was full, or a service away that the host relies on.
    """
    if not isinstance(error, DatabaseError):
        return isinstance(error, Outage) or _is_outage(error)
    if sqlstate := _sqlstate(error):
        return sqlstate in _POSTGRES_CLEARS
    if (sqlite_code := _sqlite_code(error)) is not None:
        return sqlite_code in _SQLITE_CLEARS
    return _mysql_code(error) in _MYSQL_CLEARS


def _is_outage(error: Exception) -> bool:
    names = [f"{each.__module__}.{each.__qualname__}" for each in type(error).__mro__]
    return names[0] == _OUTAGE_ITSELF or not _OUTAGES.isdisjoint(names)


def _reaction_to_code(error: DatabaseError) -> Reaction:
    if sqlstate := _sqlstate(error):
        return _choose(
            retry=sqlstate.startswith(_POSTGRES_RETRY), stop=sqlstate.startswith(_POSTGRES_STOP)
        )
    if (sqlite_code := _sqlite_code(error)) is not None:
        return _choose(retry=sqlite_code in _SQLITE_RETRY, stop=sqlite_code in _SQLITE_STOP)
    if code := _mysql_code(error):
        return _choose(retry=code in _MYSQL_RETRY, stop=code in _MYSQL_STOP)
    # Without a code there is no answer from a server: the connection could not be had or is gone.
    return _choose(retry=isinstance(error, OperationalError | InterfaceError), stop=False)


def _choose(*, retry: bool, stop: bool) -> Reaction:
    if retry:
        return Reaction.RETRY
    return Reaction.STOP if stop else Reaction.ISOLATE


def describe(error: BaseException) -> str:
    """Return the class of an exception and its database code: all that is safe to keep of it.

    Messages of databases and libraries quote values of the row. That of a connection that could
    not be had doesn't, and psycopg has no code for it. The name of a table or column that isn't
    there is taken out of its message, for it is the schema's.
    """
    cause: Any = error.__cause__ or error
    code = _sqlstate(error) or getattr(cause, "sqlite_errorname", None) or _mysql_code(error)
    if not code and getattr(cause, "pgconn", None):
        code = " ".join(str(cause).split())
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, DatabaseError) and code in _ABSENT_CODES:
        code = f"{code}{_absent(cause)}"
    return f"{name} ({code})" if code else name


def _absent(cause: BaseException) -> str:
    """Return which table or column isn't there, if a driver's message is one that says so."""
    text = str(cause.args[-1]).partition("\n")[0] if cause.args else ""
    for kind, lines in _ABSENT.items():
        if found := lines.fullmatch(text):
            return f": no {kind} {found[found.lastindex or 0]}"
    return ""


def _sqlstate(error: BaseException) -> str | None:
    """Return PostgreSQL's code, by the name that either of its drivers has for it."""
    cause: Any = error.__cause__ or error
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)


def _sqlite_code(error: BaseException) -> int | None:
    """Return SQLite's primary code: the low byte, the rest says more about it."""
    code: int | None = getattr(error.__cause__ or error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _mysql_code(error: BaseException) -> int | None:
    """Return the code that MySQLdb puts first; the first argument of others may be a value."""
    cause = error.__cause__ or error
    code = cause.args[0] if isinstance(error, DatabaseError) and cause.args else None
    return code if isinstance(code, int) else None


def failed(error: BaseException) -> str:
    """Return what failed, in a sentence for who waits until it works again."""
    what = "The database" if isinstance(error, DatabaseError) else "A service beside the database"
    return f"{what} failed: {describe(error)}."


def origin(error: BaseException) -> str:
    """Return the module and line that raised an exception; it holds no value."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    if trace is None:
        return "raised elsewhere"
    return f"raised at {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
