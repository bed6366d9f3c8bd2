"""The plugin is there by its entry point, and costs nothing to who doesn't use it."""

from __future__ import annotations

from pathlib import Path

from tests.producers import run_alone

HEAVY = ("django", "openedx_events", "confluent_kafka", "factory", "rest_framework")
LOADED = f"[name for name in sys.modules if name.split('.')[0] in {HEAVY}]"

OTHERS = f"""
import sys


def test_one():
    assert {LOADED} == []
"""

SETTINGS = """
SECRET_KEY = "tests"
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["openedx_events", "shared", "tests.installed.LibraryConfig"]
EVENT_SYNC = {
    "DESTINATIONS": {
        "shelves": "tests.testapp.room.write_shelves",
        "books": "tests.testapp.room.write_books",
    },
}
"""
SQUAD = """
from shared.testing import ConsumerContract
from tests.shared.testing import samples


class TestShelves(ConsumerContract):
    sample = samples.SHELVES


def test_bus(event_bus):
    assert event_bus.messages == []
"""


def run_pytest(folder: Path, test: str, *arguments: str, settings: str = "") -> str:
    """Run pytest in a folder with one test file; return what it prints."""
    (folder / "test_squad.py").write_text(test)
    # Only those of the kit: others are free to import Django.
    others = ("cacheprovider", "schemathesis", "hypothesispytest", "anyio", "faker", "pytest_cov")
    options = [option for name in others for option in ("-p", f"no:{name}")]
    program = f"import sys, pytest; sys.exit(pytest.main({[*options, *arguments]!r}))"
    return run_alone(folder, program, settings)


def test_import_brings_nothing_but_pytest(tmp_path):
    """It is loaded before Django is set up, and in projects without Django."""
    program = f"import sys, shared.testing.plugin; print({LOADED})"
    assert run_alone(tmp_path, program).strip() == "[]"


def test_project_that_does_not_use_it(tmp_path):
    """There the plugin is loaded, too, and nothing of Django is."""
    printed = run_pytest(tmp_path, OTHERS, "-p", "no:django", "--trace-config")
    assert "shared/testing/plugin.py" in printed
    assert "1 passed" in printed


def test_fixtures_say_what_they_need(tmp_path):
    """By ``pytest --fixtures``."""
    printed = run_pytest(tmp_path, OTHERS, "--fixtures", "-p", "no:django")
    of_bus, _, of_embedded = printed.partition("event_bus -- ")[2].partition("embedded_bus -- ")
    assert "To run needs ``db``" in of_bus
    assert "stock producer" in of_embedded


def test_squads_tests_in_several_processes(tmp_path):
    """A service's few settings are enough; each process of pytest-xdist has a bus of its own."""
    options = ["-n", "2", "--nomigrations", "-k", "row or bus"]
    printed = run_pytest(tmp_path, SQUAD, *options, settings=SETTINGS)
    assert "5 passed" in printed
