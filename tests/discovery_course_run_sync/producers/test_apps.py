"""The plugin is found and set up as Studio does it, in a process of its own.

Only Studio's order is imitated: plugins are listed and configured while its settings are being
loaded, and ``openedx_events`` is among its apps.
"""

from __future__ import annotations

import pytest

from tests.producers import run_alone

FROM_ENTRY_POINT = """
from edx_django_utils.plugins import add_plugins, get_plugin_apps
INSTALLED_APPS = ["openedx_events", *get_plugin_apps("cms.djangoapp")]
add_plugins(__name__, "cms.djangoapp", "production")
"""
BY_NAME = """
from discovery_course_run_sync.producers.settings import PRODUCER_CONFIG
EVENT_BUS_PRODUCER_CONFIG = PRODUCER_CONFIG
INSTALLED_APPS = ["openedx_events", "discovery_course_run_sync.producers"]
"""
IN_THE_LMS = FROM_ENTRY_POINT.replace("cms.", "lms.")
PROGRAM = """
import django
django.setup()
from django.apps import apps
from openedx_events.content_authoring import signals
names = ["COURSE_CATALOG_INFO_CHANGED", "COURSE_CREATED", "COURSE_RERUN_COMPLETED"]
print(apps.is_installed("discovery_course_run_sync.producers"))
print(*(getattr(signals, name).has_listeners() for name in names))
"""


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(FROM_ENTRY_POINT, id="found by its entry point"),
        pytest.param(BY_NAME, id="listed by name"),
    ],
)
def test_studio_publishes_every_event(tmp_path, settings):
    """openedx-events listens to each of the three, and nothing of ours needs connecting."""
    assert run_alone(tmp_path, PROGRAM, settings) == "True\nTrue True True\n"


def test_lms_does_not_install_it(tmp_path):
    """The LMS publishes no course: an entry there would only wait for a mistake."""
    assert run_alone(tmp_path, PROGRAM, IN_THE_LMS) == "False\nFalse False False\n"


def test_importing_the_plugin_needs_no_settings(tmp_path):
    """Studio imports it while its settings are half loaded."""
    program = """
import discovery_course_run_sync.producers.apps, discovery_course_run_sync.producers.settings
from django.conf import settings
print(settings.configured)
"""
    assert run_alone(tmp_path, program) == "False\n"
