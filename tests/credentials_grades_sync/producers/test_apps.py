"""The plugin is found and set up as the LMS does it, in a process of its own.

Only the LMS's order is imitated: plugins are listed and configured while its settings are being
loaded; ``openedx_events`` comes before them among its apps and checks the configuration first.
"""

from __future__ import annotations

import pytest

from tests.producers import run_alone

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


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(FROM_ENTRY_POINT, id="found by its entry point"),
        pytest.param(BY_NAME, id="listed by name"),
    ],
)
def test_event_type_is_known_when_openedx_events_checks_it(tmp_path, settings):
    """openedx-events finds the configured event type although the plugin's app comes later."""
    apps, connected = run_alone(tmp_path, PROGRAM, settings).splitlines()
    labels = apps.split()
    assert labels.index("openedx_events") < labels.index("credentials_grades_sync_producers")
    assert connected == "True"


def test_importing_the_plugin_needs_no_settings(tmp_path):
    """The LMS imports it while its settings are half loaded."""
    program = """
import credentials_grades_sync.producers.apps, credentials_grades_sync.producers.settings
from django.conf import settings
print(settings.configured)
"""
    assert run_alone(tmp_path, program) == "False\n"
