"""The app as a service lists it: by name or by its entry point, after openedx-events."""

from __future__ import annotations

from tests.producers import run_alone

SETTINGS = """
from enterprise_license_sync.producers.settings import PLAN_AND_LICENSE_CONFIG
from credentials_grades_sync.producers.settings import PRODUCER_CONFIG
EVENT_BUS_PRODUCER_CONFIG = {**PLAN_AND_LICENSE_CONFIG, **PRODUCER_CONFIG}
INSTALLED_APPS = ["openedx_events", "shared"]
"""
PROGRAM = """
import django
django.setup()
from openedx_events.tooling import OpenEdxPublicSignal
from django.conf import settings
signals = map(OpenEdxPublicSignal.get_signal_by_type, settings.EVENT_BUS_PRODUCER_CONFIG)
print(all(signal.has_listeners() for signal in signals))
"""


def test_event_types_are_known_when_openedx_events_checks_them(tmp_path):
    """A service that publishes an event defined here by code of its own can be started."""
    assert run_alone(tmp_path, PROGRAM, SETTINGS) == "True\n"


def test_importing_the_app_needs_no_settings(tmp_path):
    """Credentials imports it while its settings are half loaded."""
    program = "import shared.apps; from django.conf import settings; print(settings.configured)"
    assert run_alone(tmp_path, program) == "False\n"
