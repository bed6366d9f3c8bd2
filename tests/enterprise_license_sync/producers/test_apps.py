"""The application finds out which service it is in, in a process of its own.

License Manager and edx-enterprise are stood in for by empty models of the same names; of the LMS
only the order is imitated: its plugins are listed and configured while its settings are loaded.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.producers import run_alone

LICENSE_MANAGER = """
from enterprise_license_sync.producers.settings import PLAN_AND_LICENSE_CONFIG
EVENT_BUS_PRODUCER_CONFIG = PLAN_AND_LICENSE_CONFIG
INSTALLED_APPS = [
    "enterprise_license_sync.producers",
    "openedx_events",
    "license_manager.apps.subscriptions",
]
"""
LMS = """
from edx_django_utils.plugins import add_plugins, get_plugin_apps
INSTALLED_APPS = ["openedx_events", *get_plugin_apps("lms.djangoapp")]
add_plugins(__name__, "lms.djangoapp", "production")
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
ENTERPRISE = 'INSTALLED_APPS += ["enterprise"]\n'
ROOM = 'INSTALLED_APPS += ["shared", "enterprise_license_sync.standalone"]\n'
PROGRAM = """
import django
django.setup()
from django.db.models.signals import post_delete, post_save, pre_delete
from openedx_events.learning import signals as learning
from openedx_events.tooling import OpenEdxPublicSignal
from shared.events.enterprise import signals

def connected(signal):
    return [r for r in signal.receivers if "producers" in str(r[0][0])]

def public(module):
    return [each for each in vars(module).values() if isinstance(each, OpenEdxPublicSignal)]

print(*(len(connected(signal)) for signal in (post_save, pre_delete, post_delete)))
print(sum(len(connected(signal)) for signal in public(learning)))
print(sum(signal.has_listeners() for signal in public(signals)))
"""


def write_app(folder: Path, name: str, *models: str) -> None:
    """Write an application with models that have no fields."""
    package = folder.joinpath(*name.split("."))
    package.mkdir(parents=True)
    for parent in (package, *package.parents):
        if parent == folder:
            break
        (parent / "__init__.py").touch()
    lines = [f"class {model}(models.Model): pass" for model in models]
    (package / "models.py").write_text("\n".join(["from django.db import models", *lines, ""]))


@pytest.fixture
def services(tmp_path):
    """A folder with what is imported of the services."""
    write_app(
        tmp_path,
        "license_manager.apps.subscriptions",
        "SubscriptionPlan",
        "License",
        "SubscriptionPlanRenewal",
    )
    write_app(
        tmp_path, "enterprise", "EnterpriseCourseEnrollment", "LicensedEnterpriseCourseEnrollment"
    )
    return tmp_path


def test_license_managers_models_are_listened_to(services):
    """And openedx-events publishes all that it is configured for, in whatever order apps are."""
    settings = LICENSE_MANAGER + 'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\n'
    assert run_alone(services, PROGRAM, settings) == "3 2 1\n0\n12\n"


def test_lms_with_enterprise_and_the_rooms_tables_is_listened_to(services):
    """Its own three signals and edx-enterprise's two records; one event is published."""
    assert run_alone(services, PROGRAM, LMS + ENTERPRISE + ROOM) == "2 0 0\n3\n1\n"


@pytest.mark.parametrize(
    "more", [pytest.param(ROOM, id="enterprise"), pytest.param(ENTERPRISE, id="the room's tables")]
)
def test_lms_without_what_it_takes_starts_all_the_same(services, more):
    """Somebody may have installed the package for another room's sake."""
    assert run_alone(services, PROGRAM, LMS + more) == "0 0 0\n0\n1\n"


def test_importing_it_needs_no_settings(tmp_path):
    """The LMS imports it while its settings are half loaded, License Manager from its models."""
    program = """
import enterprise_license_sync.producers.apps, enterprise_license_sync.producers.settings
import enterprise_license_sync.producers.license_manager
from django.conf import settings
print(settings.configured)
"""
    assert run_alone(tmp_path, program) == "False\n"
