"""Errors are split by the database's own code, and described without a value of the row."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django.db
import psycopg
import pytest
from django.db import Error as AnyDatabaseError
from django.db.transaction import TransactionManagementError
from django.db.utils import ConnectionHandler, DatabaseErrorWrapper
from psycopg import errors as postgres
from requests import ConnectionError as RequestsConnectionError

from shared.exceptions import (
    ConfigurationError,
    EventNotCollected,
    FatalError,
    TransientError,
    UnmappableEvent,
)
from shared.reactions import Reaction, clears_the_event, describe, origin, reaction_to

SECRET = "learner-1"
"""A value of a row, such as databases repeat in their messages."""


def named(path: str, parent: type[Exception] = Exception) -> type[Exception]:
    """Return a class that bears the name of one of a library that isn't installed here."""
    module, _, name = path.rpartition(".")
    return type(name, (parent,), {"__module__": module})


def by_django(error: Exception) -> Exception:
    """Return what Django makes of psycopg's error."""
    wrapper: Any = SimpleNamespace(Database=psycopg, errors_occurred=False)
    with pytest.raises(AnyDatabaseError) as raised, DatabaseErrorWrapper(wrapper):
        raise error
    return raised.value


POSTGRES = {
    Reaction.RETRY: [
        postgres.ConnectionException,
        postgres.ConnectionFailure,
        postgres.ConnectionDoesNotExist,
        postgres.ReadOnlySqlTransaction,
        postgres.IdleInTransactionSessionTimeout,
        postgres.SerializationFailure,
        postgres.DeadlockDetected,
        postgres.TooManyConnections,
        postgres.OutOfMemory,
        postgres.DiskFull,
        postgres.LockNotAvailable,
        postgres.QueryCanceled,
        postgres.AdminShutdown,
        postgres.CrashShutdown,
        postgres.CannotConnectNow,
        postgres.IoError,
        postgres.InternalError_,
    ],
    Reaction.ISOLATE: [
        postgres.UniqueViolation,
        postgres.NotNullViolation,
        postgres.CheckViolation,
        postgres.ForeignKeyViolation,
        postgres.ExclusionViolation,
        postgres.StringDataRightTruncation,
        postgres.NumericValueOutOfRange,
        postgres.UntranslatableCharacter,
        postgres.CharacterNotInRepertoire,
        postgres.InvalidTextRepresentation,
        postgres.DatetimeFieldOverflow,
        postgres.ProgramLimitExceeded,
        postgres.CardinalityViolation,
        postgres.RaiseException,
        postgres.InFailedSqlTransaction,
    ],
    Reaction.STOP: [
        postgres.InvalidPassword,
        postgres.InvalidAuthorizationSpecification,
        postgres.InvalidCatalogName,
        postgres.InvalidSchemaName,
        postgres.UndefinedTable,
        postgres.UndefinedColumn,
        postgres.UndefinedFunction,
        postgres.InsufficientPrivilege,
        postgres.SyntaxError,
        postgres.DataCorrupted,
        postgres.IndexCorrupted,
    ],
}
# Constructed: no MariaDB is needed for these tests, and Django passes its errors on as they are.
MARIADB = {
    Reaction.RETRY: [
        django.db.OperationalError(1040, "Too many connections"),
        django.db.OperationalError(1047, "WSREP has not yet prepared node for application use"),
        django.db.OperationalError(1114, "The table 'grade' is full"),
        django.db.OperationalError(1205, "Lock wait timeout exceeded"),
        django.db.OperationalError(1213, "Deadlock found when trying to get lock"),
        django.db.OperationalError(1290, "The server is running with --read-only"),
        django.db.OperationalError(1969, "Query execution was interrupted (max_statement_time)"),
        django.db.OperationalError(2002, "Can't connect to local server"),
        django.db.OperationalError(2006, "Server has gone away"),
        django.db.OperationalError(2013, "Lost connection to server during query"),
        django.db.OperationalError(4031, "The client was disconnected due to inactivity"),
        django.db.ProgrammingError(2014, "Commands out of sync"),
        django.db.InterfaceError(0, ""),
    ],
    Reaction.ISOLATE: [
        django.db.IntegrityError(1048, "Column 'username' cannot be null"),
        django.db.IntegrityError(1062, f"Duplicate entry '{SECRET}' for key 'username'"),
        django.db.IntegrityError(1452, "Cannot add or update a child row"),
        django.db.OperationalError(1366, f"Incorrect string value: '{SECRET}'"),
        django.db.OperationalError(4025, "CONSTRAINT `percent` failed"),
        django.db.DataError(1264, "Out of range value for column 'percent_grade'"),
        django.db.DataError(1406, "Data too long for column 'username'"),
        django.db.OperationalError(1054321, "A code that nobody knows yet"),
    ],
    Reaction.STOP: [
        django.db.OperationalError(1044, "Access denied for user to database"),
        django.db.OperationalError(1045, "Access denied for user"),
        django.db.OperationalError(1049, "Unknown database"),
        django.db.OperationalError(1054, "Unknown column"),
        django.db.OperationalError(1142, "INSERT command denied"),
        django.db.ProgrammingError(1064, "You have an error in your SQL syntax"),
        django.db.ProgrammingError(1146, "Table doesn't exist"),
    ],
}


# As psycopg and MariaDB say it; the last two hold what is no name.
ABSENT = [
    (postgres.UndefinedTable('relation "grade" does not exist\nLINE 1: SELECT'), "no table grade"),
    (
        postgres.UndefinedColumn('column "colour" of relation "grade" does not exist\nLINE 1: x'),
        "no column colour",
    ),
    (postgres.UndefinedColumn("column grade.colour does not exist"), "no column grade.colour"),
    (postgres.UndefinedColumn('column "colour" does not exist'), "no column colour"),
    (django.db.ProgrammingError(1146, "Table 'lms.grade' doesn't exist"), "no table lms.grade"),
    (
        django.db.OperationalError(1054, "Unknown column 'grade.colour' in 'SELECT'"),
        "no column grade.colour",
    ),
    (
        django.db.OperationalError(1054, "Unknown column 'colour' in 'field list'"),
        "no column colour",
    ),
    (postgres.UndefinedTable(f'relation "{SECRET}" does not exist'), ""),
    (django.db.OperationalError(1054, f"Unknown column '{SECRET}' in 'SELECT'"), ""),
]


def cases(by_reaction):
    """Return one parameter for each error."""
    return [
        pytest.param(error, reaction, id=f"{getattr(error, '__name__', error)}"[:40])
        for reaction, errors in by_reaction.items()
        for error in errors
    ]


@pytest.mark.parametrize(("error_class", "reaction"), cases(POSTGRES))
def test_postgresql_codes(error_class, reaction):
    """Django's class is the driver's, and the driver's SQLSTATE decides."""
    error = by_django(error_class(f"Failing row contains ({SECRET})."))
    assert reaction_to(error) is reaction
    assert describe(error) == f"django.db.utils.{type(error).__name__} ({error_class.sqlstate})"


@pytest.mark.parametrize(("error", "reaction"), cases(MARIADB))
def test_mariadb_codes(error, reaction):
    """The class misleads: bad text and a failed CHECK are OperationalErrors there."""
    assert reaction_to(error) is reaction
    assert SECRET not in describe(error)


@pytest.mark.parametrize(("error", "what"), ABSENT)
def test_what_is_absent_has_a_name(error, what):
    """It is the schema's, and says whether migrations, an app or a column of theirs is missing."""
    told = describe(by_django(error) if isinstance(error, psycopg.Error) else error)
    assert (f": {what})" in told) if what else ("no column" not in told and "no table" not in told)
    assert SECRET not in told


CLEARING = [
    by_django(postgres.SerializationFailure("x")),
    by_django(postgres.DeadlockDetected("x")),
    by_django(postgres.LockNotAvailable("x")),
    django.db.OperationalError(1020, "Record has changed since last read"),
    django.db.OperationalError(1205, "Lock wait timeout exceeded"),
    django.db.OperationalError(1213, "Deadlock found when trying to get lock"),
    django.db.OperationalError(3572, "Statement aborted because lock(s) could not be acquired"),
    by_django(postgres.DiskFull("x")),
    django.db.InternalError(3, "Error writing file '/tmp/MLfd=42' (Errcode: 28)"),
    django.db.OperationalError(1021, "Disk full"),
    django.db.OperationalError(1026, "Error writing file 'binlog' (errno: 28)"),
    django.db.OperationalError(1114, "The table is full"),
]
SUSPICIOUS = [
    by_django(postgres.QueryCanceled("x")),
    by_django(postgres.OutOfMemory("x")),
    by_django(postgres.UniqueViolation("x")),
    by_django(psycopg.OperationalError("the connection is closed")),
    django.db.OperationalError(1038, "Out of sort memory"),
    django.db.OperationalError(1969, "Query execution was interrupted (max_statement_time)"),
    django.db.OperationalError(2013, "Lost connection to server during query"),
    django.db.IntegrityError(1062, "Duplicate entry"),
    TransientError("x"),
    TimeoutError("x"),
]


@pytest.mark.parametrize("error", CLEARING, ids=describe)
def test_what_clears_the_event_is_waited_out(error):
    """Another transaction was in the way, or there was no space: it is told apart."""
    assert clears_the_event(error)
    assert reaction_to(error) is Reaction.RETRY


@pytest.mark.parametrize("error", SUSPICIOUS, ids=describe)
def test_what_else_fails_clears_no_event(error):
    """It might be the event that makes the database fail."""
    assert not clears_the_event(error)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("connection to server at 127.0.0.1 failed"),
        psycopg.OperationalError("the connection is closed"),
        psycopg.InterfaceError("the connection is closed"),
        postgres.ConnectionTimeout("connection timeout expired"),
    ],
)
def test_no_answer_from_the_server_is_waited_out(error):
    """Without a code there was no server to give one."""
    assert reaction_to(by_django(error)) is Reaction.RETRY


def test_drivers_own_refusal_of_a_value_is_isolated():
    """Psycopg refuses NUL by itself, with no code of a server."""
    error = by_django(psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"))
    assert reaction_to(error) is Reaction.ISOLATE
    assert describe(error) == "django.db.utils.DataError"


def test_transaction_that_a_destination_broke_is_isolated():
    """What Django itself raises has no code."""
    assert reaction_to(TransactionManagementError("broken")) is Reaction.ISOLATE


def connect(path: Path) -> sqlite3.Connection:
    """Open a file without Django."""
    return sqlite3.connect(path, isolation_level=None)


class TestSqlite:
    """Real errors of a real file."""

    @pytest.fixture
    def file(self, tmp_path):
        """A database with one table."""
        path = tmp_path / "grades.sqlite3"
        with closing(connect(path)) as connection:
            connection.execute(
                "CREATE TABLE grade "
                "(username TEXT UNIQUE NOT NULL, percent REAL CHECK (percent < 2))"
            )
            connection.execute("INSERT INTO grade VALUES (?, 1)", [SECRET])
        return path

    @staticmethod
    def error_of(path: Path, *statements: str) -> Exception:
        """Return the error that Django raises when it runs these statements."""
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": path}
        handler = ConnectionHandler({"default": database | {"OPTIONS": {"timeout": 0.01}}})
        connection = handler["default"]
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except AnyDatabaseError as error:
            return error
        finally:
            connection.close()
        raise AssertionError("Nothing was raised.")

    @pytest.fixture(autouse=True)
    def unblock(self, django_db_blocker):
        """Let Django connect to a file that isn't the tests' database."""
        with django_db_blocker.unblock():
            yield

    INSERT = "INSERT INTO grade VALUES ('learner-2', 1)"

    def test_locked_is_waited_out(self, file):
        """Another process writes."""
        with closing(connect(file)) as other:
            other.execute("BEGIN IMMEDIATE")
            error = self.error_of(file, self.INSERT)
            assert reaction_to(error) is Reaction.RETRY
            assert clears_the_event(error)
            assert describe(error) == "django.db.utils.OperationalError (SQLITE_BUSY)"

    def test_full_disk_is_waited_out(self, file):
        """The file can't grow; somebody will make room."""
        fill = "INSERT INTO grade VALUES (hex(zeroblob(100000)), 1)"
        error = self.error_of(file, "PRAGMA max_page_count = 4", fill)
        assert reaction_to(error) is Reaction.RETRY
        assert clears_the_event(error)
        assert describe(error) == "django.db.utils.OperationalError (SQLITE_FULL)"

    def test_read_only_is_waited_out(self, file):
        """A file system that was mounted read-only comes back."""
        error = self.error_of(file, "PRAGMA query_only = 1", self.INSERT)
        assert reaction_to(error) is Reaction.RETRY
        assert "SQLITE_READONLY" in describe(error)

    def test_missing_folder_is_waited_out(self, tmp_path):
        """A volume that isn't mounted yet will be."""
        error = self.error_of(tmp_path / "none" / "x.sqlite3", "SELECT 1")
        assert reaction_to(error) is Reaction.RETRY
        assert "SQLITE_CANTOPEN" in describe(error)

    @pytest.mark.parametrize(
        ("statement", "code"),
        [
            (f"INSERT INTO grade VALUES ('{SECRET}', 1)", "SQLITE_CONSTRAINT_UNIQUE"),
            ("INSERT INTO grade VALUES (NULL, 1)", "SQLITE_CONSTRAINT_NOTNULL"),
            (f"INSERT INTO grade VALUES ('x{SECRET}', 2)", "SQLITE_CONSTRAINT_CHECK"),
        ],
    )
    def test_constraint_is_isolated(self, file, statement, code):
        """Some event says what no row may say."""
        error = self.error_of(file, statement)
        assert reaction_to(error) is Reaction.ISOLATE
        assert describe(error) == f"django.db.utils.IntegrityError ({code})"

    @pytest.mark.parametrize(
        ("statement", "what"),
        [
            ("SELECT * FROM shelf", ": no table shelf"),
            ("SELECT colour FROM grade", ": no column colour"),
            ("INSERT INTO grade (colour) VALUES (1)", ": no column colour"),
            (f'SELECT "{SECRET}".x FROM grade', ""),
            ("SELEKT 1", ""),
        ],
    )
    def test_missing_table_or_column_stops(self, file, statement, what):
        """The migrations aren't applied, or the code is wrong; what isn't there has a name."""
        error = self.error_of(file, statement)
        assert reaction_to(error) is Reaction.STOP
        assert describe(error) == f"django.db.utils.OperationalError (SQLITE_ERROR{what})"

    def test_file_that_is_no_database_stops(self, tmp_path):
        """Waiting doesn't make it one."""
        path = tmp_path / "x.sqlite3"
        path.write_text("no database" * 100)
        error = self.error_of(path, "SELECT * FROM grade")
        assert reaction_to(error) is Reaction.STOP
        assert describe(error) == "django.db.utils.DatabaseError (SQLITE_NOTADB)"


@pytest.mark.parametrize(
    ("error", "reaction"),
    [
        (TransientError("x"), Reaction.RETRY),
        (FatalError("x"), Reaction.STOP),
        (ConfigurationError("x"), Reaction.STOP),
        (EventNotCollected("x"), Reaction.STOP),
        (UnmappableEvent("a.b", "is empty"), Reaction.ISOLATE),
        (ValueError("x"), Reaction.ISOLATE),
        (OverflowError("x"), Reaction.ISOLATE),
        (RecursionError("x"), Reaction.ISOLATE),
        (ConnectionRefusedError(111, "Connection refused"), Reaction.RETRY),
        (TimeoutError("x"), Reaction.RETRY),
        (RequestsConnectionError("x"), Reaction.RETRY),
        (FileNotFoundError(2, "No such file", "x"), Reaction.ISOLATE),
    ],
    ids=lambda value: getattr(value, "name", type(value).__name__),
)
def test_other_errors_are_split_by_class(error, reaction):
    """Ours say what they call for; any other is code that met data it didn't expect."""
    assert reaction_to(error) is reaction


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError(SECRET), "KeyError"),
        (KeyError(4711), "KeyError"),
        (ValueError(4711, SECRET), "ValueError"),
        (OSError(111, "Connection refused"), "ConnectionRefusedError"),
        (UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET), "UnicodeDecodeError"),
        (UnmappableEvent("a.b", "is empty"), "shared.exceptions.UnmappableEvent"),
        (django.db.IntegrityError(SECRET), "django.db.utils.IntegrityError"),
        (django.db.IntegrityError(1062, SECRET), "django.db.utils.IntegrityError (1062)"),
    ],
)
def test_description_holds_no_value(error, text):
    """Only the class and a database's code are kept; a number can be a learner's id."""
    assert describe(error) == text


def test_description_of_an_error_with_a_cause_holds_no_value_of_either():
    """What another error led to is told by its own class."""
    with suppress(RuntimeError):
        try:
            raise KeyError(4711)
        except KeyError as cause:
            error = RuntimeError(SECRET)
            raise error from cause
    assert describe(error) == "RuntimeError"


def test_description_says_why_there_is_no_connection():
    """PostgreSQL's driver has no code then, and a wrong password is waited out like an outage."""
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(host="127.0.0.1", port=1)
    assert "Connection refused" in describe(by_django(refused.value))
    assert "\n" not in describe(by_django(refused.value))


def test_origin_is_the_line_that_raised():
    """Where to look in the code, whatever the values were."""
    with pytest.raises(ValueError, match="invalid literal") as raised:
        int(SECRET)
    assert re.fullmatch(r"raised at tests\.shared\.test_reactions:\d+", origin(raised.value))


def test_origin_of_an_error_that_was_never_raised():
    """There is no line to name."""
    assert origin(KeyError(SECRET)) == "raised elsewhere"


MEMCACHE_ERROR = named("pymemcache.exceptions.MemcacheError")
MEMCACHE_SERVER_ERROR = named("pymemcache.exceptions.MemcacheServerError", MEMCACHE_ERROR)
REDIS_CONNECTION_ERROR = named("redis.exceptions.ConnectionError")


@pytest.mark.parametrize(
    "error",
    [
        named("kombu.exceptions.OperationalError"),
        REDIS_CONNECTION_ERROR,
        named("redis.exceptions.BusyLoadingError", REDIS_CONNECTION_ERROR),
        named("redis.exceptions.TimeoutError"),
        MEMCACHE_ERROR,
        named("pymemcache.exceptions.MemcacheUnexpectedCloseError", MEMCACHE_SERVER_ERROR),
    ],
)
def test_outage_of_a_cache_or_of_celerys_broker_is_waited_out(error):
    """It is no fault of the event that happens to need them, even if others don't."""
    assert reaction_to(error(SECRET)) is Reaction.RETRY
    assert clears_the_event(error(SECRET))
    assert describe(error(SECRET)) == f"{error.__module__}.{error.__qualname__}"


@pytest.mark.parametrize(
    "error",
    [
        named("pymemcache.exceptions.MemcacheIllegalInputError", MEMCACHE_ERROR),
        named("redis.exceptions.ResponseError"),
        named("kombu.exceptions.EncodeError"),
    ],
)
def test_what_a_cache_or_celery_refuses_is_the_events_fault(error):
    """It would be refused again."""
    assert reaction_to(error(SECRET)) is Reaction.ISOLATE
    assert not clears_the_event(error(SECRET))
