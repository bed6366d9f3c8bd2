"""The guarantees on each database, at each isolation level, by the tests that SQLite passes.

They run in a process of their own: Django knows its database from the start, and pytest-django
makes the tables of one database a run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.processes import ROOT
from tests.services.database import DatabaseServer
from tests.shared.test_database_traps import MARIADB_ALONE
from tests.shared.test_isolation_level import VARIABLE
from tests.shared.test_unusual_models import POSTGRESQL_ALONE

LEVELS = ["read committed", "repeatable read"]
CASES = [(database, level) for database in ("postgresql", "mariadb") for level in LEVELS]

CONCURRENT = [
    "tests/hosts/credentials/test_races.py",
    "tests/hosts/discovery/test_races.py",
    "tests/hosts/license_manager/test_races.py",
    "tests/shared/test_contention.py",
    "tests/shared/test_isolation_level.py",
    "tests/shared/test_replay_races.py",
    "tests/shared/test_retirement_races.py",
    "tests/shared/test_shadow_races.py",
    "tests/shared/test_upsert_races.py",
    "tests/shared/test_wake_up.py",
]
GUARANTEES = [
    *CONCURRENT,
    "tests/shared/dashboard/test_page.py",
    "tests/shared/dashboard/test_series.py",
    "tests/shared/management/test_dead_letters.py",
    "tests/shared/management/test_parked.py",
    "tests/shared/management/test_prune_event_sync.py",
    "tests/shared/management/test_retire_learners.py",
    "tests/shared/test_applied.py",
    "tests/shared/test_bulk.py",
    "tests/shared/test_database_traps.py",
    "tests/shared/test_dead_letters.py",
    "tests/shared/test_erasure.py",
    "tests/shared/test_fields.py",
    "tests/shared/test_models.py",
    "tests/shared/test_ordering.py",
    "tests/shared/test_parents.py",
    "tests/shared/test_parking.py",
    "tests/shared/test_pipeline.py",
    "tests/shared/test_replay.py",
    "tests/shared/test_retirement.py",
    "tests/shared/test_shadow.py",
    "tests/shared/test_transient.py",
    "tests/shared/test_unusual_models.py",
    "tests/shared/test_upsert.py",
    "tests/shared/test_upsert_streams.py",
    "tests/shared/test_writing.py",
]
ROOMS = {
    "read committed": [
        "tests/contract/test_batches.py",
        "tests/contract/test_cut_over.py",
        "tests/contract/test_parents.py",
        "tests/credentials_grades_sync/test_retirement.py",
        "tests/credentials_grades_sync/test_standalone.py",
        "tests/discovery_course_run_sync/test_standalone.py",
        "tests/enterprise_license_sync/test_orphans.py",
        "tests/enterprise_license_sync/test_retirement.py",
        "tests/enterprise_license_sync/test_standalone.py",
        "tests/hosts/credentials/test_grades.py",
        "tests/hosts/credentials/test_learners.py",
        "tests/hosts/credentials/test_runs.py",
        "tests/hosts/discovery/test_contract.py",
        "tests/hosts/discovery/test_creation.py",
        "tests/hosts/discovery/test_outside.py",
        "tests/hosts/discovery/test_traps.py",
        "tests/hosts/license_manager/test_emails.py",
        "tests/hosts/license_manager/test_follow_ups.py",
        "tests/hosts/license_manager/test_licenses.py",
        "tests/hosts/license_manager/test_plans.py",
        "tests/hosts/license_manager/test_renewals.py",
        "tests/hosts/license_manager/test_traps.py",
        "tests/hosts/lms/test_lms.py",
        "tests/shared/costs/test_statements.py",
        "tests/shared/rest_api/v1/test_repairs.py",
        "tests/shared/rest_api/v1/test_status_views.py",
    ],
    "repeatable read": [],
}
"""At the level that services run at; the rooms write by nothing but what the others test."""
LONGEST = 1800.0
"""How long a run may take, the whole suite on busy cores included."""


def options(database: str, level: str) -> dict[str, str]:
    """Return the URL's options by which Django asks for an isolation level."""
    if database == "mariadb":
        return {"isolation_level": level}
    # A member of psycopg's enumeration, which a URL can name by its number alone.
    return {"isolation_level": {"read committed": "2", "repeatable read": "3"}[level]}


def run_tests(
    paths: Sequence[str], server: DatabaseServer, level: str, report: Path, **more: str
) -> dict[str, str]:
    """Run tests on a database server, all of which pass; return why those that didn't were skipped.

    By the name of the test.
    """
    url = server.url_of("guarantees", **options(server.name, level), **more)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", f"--junitxml={report}", *paths],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, VARIABLE: level},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST,
    )
    end = "\n".join(done.stdout.splitlines()[-60:])
    assert done.returncode == 0, f"On {server.name}, {level}:\n{end}"
    cases = list(ElementTree.parse(report).iter("testcase"))
    ran = {case.get("classname") for case in cases if case.find("skipped") is None}
    # The one that proves the level.
    assert "tests.shared.test_isolation_level" in ran
    return {
        f"{case.get('classname')}.{case.get('name')}": str(skipped.get("message"))
        for case in cases
        if (skipped := case.find("skipped")) is not None
    }


@pytest.mark.parametrize(("database", "level"), CASES)
def test_guarantees_hold(services, tmp_path, is_full, database, level):
    """On a strict MariaDB that compares without case, where a warning is an error, too."""
    paths = ["tests"] if is_full else GUARANTEES + ROOMS[level]
    server = getattr(services, database)
    skipped = run_tests(paths, server, level, tmp_path / "report.xml")
    expected = {"mariadb": POSTGRESQL_ALONE, "postgresql": MARIADB_ALONE}[database]
    assert set(skipped.values()) <= {expected}, skipped


def test_concurrent_workers_get_through_where_a_snapshot_is_kept(services, tmp_path):
    """As MariaDB does from 11.6.2 on: who locks a row that has changed meanwhile has lost."""
    setting = "SET SESSION innodb_lock_wait_timeout = 3, innodb_snapshot_isolation = ON"
    assert not run_tests(
        CONCURRENT,
        services.mariadb,
        "repeatable read",
        tmp_path / "report.xml",
        init_command=setting,
    )
