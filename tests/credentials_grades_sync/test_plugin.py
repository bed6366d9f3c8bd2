"""Credentials finds the room by its entry point, in a process of its own.

Only Credentials' order is imitated: plugins are listed, then configured, while its settings are
being loaded. Its own tests run inside it: ``tests/hosts/credentials``.
"""

from __future__ import annotations

from tests.producers import run_alone

SETTINGS = """
from edx_django_utils.plugins import add_plugins, get_plugin_apps
INSTALLED_APPS = ["openedx_events", "django.contrib.contenttypes"]
INSTALLED_APPS.extend(get_plugin_apps("credentials.djangoapp"))
for settings_type in ("base", "production"):
    add_plugins(__name__, "credentials.djangoapp", settings_type)
"""
INSTALLED = """
import django
django.setup()
from django.apps import apps
from edx_django_utils.plugins import connect_plugin_receivers
from shared import registry
connect_plugin_receivers("credentials.djangoapp")
print(*sorted(config.label for config in apps.get_app_configs()))
print(*(room.name for room in registry.rooms()))
"""
CHECKED = """
import django
django.setup()
from django.core.checks import run_checks
print(*(message.id for message in run_checks() if message.id.startswith("event_sync.E00")))
"""


def test_room_is_installed_by_its_entry_point(tmp_path):
    """With what it builds on, and without the tables that Credentials doesn't need."""
    labels, rooms = run_alone(tmp_path, INSTALLED, SETTINGS).splitlines()
    assert labels == "contenttypes credentials_grades_sync event_sync openedx_events"
    assert rooms == "credentials_grades_sync"


def test_room_without_a_destination_is_said(tmp_path):
    """Whoever installs the package and sets nothing is told so by a check."""
    assert "event_sync.E002" in run_alone(tmp_path, CHECKED, SETTINGS).split()


def test_importing_the_plugin_needs_no_settings(tmp_path):
    """Credentials imports it while its settings are half loaded."""
    program = """
import credentials_grades_sync.apps, shared.apps
from django.conf import settings
print(settings.configured)
"""
    assert run_alone(tmp_path, program) == "False\n"


def test_other_services_do_not_get_the_room(tmp_path):
    """The LMS and Studio have this package installed as well, for its producers."""
    program = """
from edx_django_utils.plugins import get_plugin_apps
print(*get_plugin_apps("lms.djangoapp"), *get_plugin_apps("cms.djangoapp"))
"""
    listed = run_alone(tmp_path, program).split()
    assert any("credentials_grades_sync.producers" in path for path in listed)
    assert "credentials_grades_sync.apps.CredentialsGradesSyncConfig" not in listed
