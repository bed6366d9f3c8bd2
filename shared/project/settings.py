"""Settings of the reference project, configured by environment; see docs/reference/settings.md.

A host service needs none of this module: it adds the applications and ``EVENT_SYNC`` to its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ

env = environ.Env()

T = TypeVar("T")

SECRET_KEY = env("SECRET_KEY", default="reference-project-only")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
ROOT_URLCONF = "shared.project.urls"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "openedx_events",
    "edx_event_bus_kafka",
    "rest_framework",
    "drf_spectacular",
    "waffle",
    "shared",
    "credentials_grades_sync",
    "credentials_grades_sync.standalone",
    "discovery_course_run_sync",
    "discovery_course_run_sync.standalone",
    "enterprise_license_sync",
    "enterprise_license_sync.standalone",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

_SQLITE_FILE = Path.cwd() / "event_sync.sqlite3"


def _read(name: str, parse: Callable[[str], T], default: str, hint: str) -> T:
    """Return a variable parsed; end with one line where it can't be."""
    try:
        return parse(env(name, default=default))
    except ValueError:
        raise SystemExit(f"Fatal: {name} can't be read. Hint: {hint}") from None


def _database(url: str) -> dict[str, Any]:
    if urlsplit(url).scheme not in env.DB_SCHEMES:
        raise ValueError
    config: dict[str, Any] = env.db_url_config(url)
    return config


def _one_of(*known: str) -> Callable[[str], str]:
    return lambda text: known[known.index(text)]


DATABASES = {
    "default": _read(
        "DATABASE_URL",
        _database,
        f"sqlite:///{_SQLITE_FILE}",
        "Use scheme://user:password@host:port/name, or sqlite:///path.",
    )
}
_OPTIONS: dict[str, dict[str, Any]] = {
    # Several processes share the file: without these they lose transactions to its lock.
    "django.db.backends.sqlite3": {
        "transaction_mode": "IMMEDIATE",
        "timeout": _read("DATABASE_TIMEOUT", float, "3.0", "Use a number of seconds."),
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
    # Well below max.poll.interval.ms: a database that hangs must not cost us our group.
    "django.db.backends.postgresql": {
        "connect_timeout": 3,
        "options": (
            "-c statement_timeout=30s -c lock_timeout=3s"
            # A worker that was frozen amid its transaction, or its machine lost, else holds the
            # locks for the next owner of its partitions to wait for.
            " -c idle_in_transaction_session_timeout=10s"
        ),
        "tcp_user_timeout": 10_000,
    },
    "django.db.backends.mysql": {
        "charset": "utf8mb4",
        "connect_timeout": 3,
        "read_timeout": 35,
        "write_timeout": 35,
        # The same; MySQL, which has no such variable, reads a comment.
        "init_command": (
            "SET SESSION innodb_lock_wait_timeout = 3 /*M!100300 , idle_transaction_timeout = 10 */"
        ),
    },
}
# What the URL says comes last.
DATABASES["default"]["OPTIONS"] = {
    **_OPTIONS.get(DATABASES["default"]["ENGINE"], {}),
    **DATABASES["default"].get("OPTIONS", {}),
}
DATABASES["default"]["CONN_MAX_AGE"] = None


def _parsed(name: str, parse: Callable[[str], Any], default: str) -> Any:
    """Return a variable parsed, or as it is: what can't be parsed, ``EVENT_SYNC``'s check names."""
    text = env(name, default=default)
    try:
        return parse(text)
    except ValueError:
        return text


EVENT_SYNC = {
    "DESTINATIONS": {
        "user-grades": "credentials_grades_sync.standalone.destination.write_user_grades",
        "course-runs": "discovery_course_run_sync.standalone.destination.write_course_runs",
        "subscription-plans": (
            "enterprise_license_sync.standalone.destination.write_subscription_plans"
        ),
        "licenses": "enterprise_license_sync.standalone.destination.write_licenses",
        "licensed-enrollments": (
            "enterprise_license_sync.standalone.destination.write_licensed_enrollments"
        ),
    },
    "CARRIER": env("EVENT_SYNC_CARRIER", default="worker"),
    "KAFKA_CONSUMER_CONFIG": _parsed("EVENT_SYNC_KAFKA_CONSUMER_CONFIG", json.loads, "{}"),
    "BATCH_SIZE": _parsed("EVENT_SYNC_BATCH_SIZE", int, "500"),
}

# Who may log in to the API, and how, is Django REST framework's default: session or password.
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Open edX Event Sync",
    "DESCRIPTION": "What operators see of the event consumers, and what they can do about it.",
    "VERSION": "1",
}

EVENTS_SERVICE_NAME = env("EVENTS_SERVICE_NAME", default="event-sync")
# The account by which ``backfill`` and ``reconcile`` ask other services; Open edX's own names.
BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL = env(
    "BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL", default=None
)
BACKEND_SERVICE_EDX_OAUTH2_KEY = env("BACKEND_SERVICE_EDX_OAUTH2_KEY", default=None)
BACKEND_SERVICE_EDX_OAUTH2_SECRET = env("BACKEND_SERVICE_EDX_OAUTH2_SECRET", default=None)
EVENT_BUS_CONSUMER = env("EVENT_BUS_CONSUMER", default="shared.kafka.BatchingKafkaConsumer")
EVENT_BUS_PRODUCER = env("EVENT_BUS_PRODUCER", default="edx_event_bus_kafka.create_producer")
EVENT_BUS_TOPIC_PREFIX = env("EVENT_BUS_TOPIC_PREFIX", default=None)
EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = env("EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS", default=None)
EVENT_BUS_KAFKA_API_KEY = env("EVENT_BUS_KAFKA_API_KEY", default=None)
EVENT_BUS_KAFKA_API_SECRET = env("EVENT_BUS_KAFKA_API_SECRET", default=None)
EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = env("EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL", default=None)
EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY = env("EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_KEY", default="")
EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_SECRET = env(
    "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API_SECRET", default=""
)


def _log_level(default: str) -> str:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    return _read("LOG_LEVEL", _one_of(*levels), default, f"Use one of {', '.join(levels)}.")


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "{asctime} {levelname} {message}", "style": "{"},
        "json": {"()": "shared.logging.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": _read(
                "EVENT_SYNC_LOG_FORMAT", _one_of("text", "json"), "text", "Use text or json."
            ),
        }
    },
    "root": {"handlers": ["stderr"], "level": _log_level("WARNING")},
    "loggers": {
        "shared": {"level": _log_level("INFO")},
        # What it says of lost connections, broker.waiting says once more.
        "shared.kafka.librdkafka": {"level": "CRITICAL"},
    },
}
