"""The plugin is found and set up as the LMS does it, in a process of its own.

Only the LMS's order is imitated: plugins are listed and configured while its settings are being
loaded; ``openedx_events`` comes before them among its apps and checks the configuration first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

FROM_ENTRY_POINT = """
from edx_django_utils.plugins import add_plugins, get_plugin_apps
INSTALLED_APPS = ["openedx_events", *get_plugin_apps("lms.djangoapp")]
add_plugins(__name__, "lms.djangoapp", "production")
"""
BY_NAME = """
from credentials_grades_sync.producers.settings import PRODUCER_CONFIG as EVENT_BUS_PRODUCER_CONFIG
INSTALLED_APPS = ["openedx_events", "credentials_grades_sync.producers"]
"""
PROGRAM = """
import django
django.setup()
from django.apps import apps
from openedx_events.tooling import OpenEdxPublicSignal
signal = OpenEdxPublicSignal.get_signal_by_type("org.openedx.learning.course.grade.changed.v1")
print(*(config.label for config in apps.get_app_configs()))
print(signal.has_listeners())
"""


@pytest.fixture
def run(tmp_path):
    """Run a program with nothing but the sources, the package's metadata and these settings."""
    metadata = tmp_path / "event_sync_under_test-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: event-sync-under-test\n")
    (metadata / "entry_points.txt").write_text(entry_points())

    def run(program: str, settings: str = "") -> str:
        (tmp_path / "lms_settings.py").write_text(settings)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": str(tmp_path),
        }
        if settings:
            environment["DJANGO_SETTINGS_MODULE"] = "lms_settings"
        command = [sys.executable, "-W", "error", "-c", program]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def entry_points() -> str:
    """Return the entry points that pyproject.toml declares, as an installed package lists them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    )


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(FROM_ENTRY_POINT, id="found by its entry point"),
        pytest.param(BY_NAME, id="listed by name"),
    ],
)
def test_event_type_is_known_when_openedx_events_checks_it(run, settings):
    """openedx-events finds the configured event type although the plugin's app comes later."""
    apps, connected = run(PROGRAM, settings).splitlines()
    labels = apps.split()
    assert labels.index("openedx_events") < labels.index("credentials_grades_sync_producers")
    assert connected == "True"


def test_importing_the_plugin_needs_no_settings(run):
    """The LMS imports it while its settings are half loaded."""
    program = """
import credentials_grades_sync.producers.apps, credentials_grades_sync.producers.settings
from django.conf import settings
print(settings.configured)
"""
    assert run(program) == "False\n"
