"""What is done inside Course Discovery during its walk."""

from __future__ import annotations

from django.apps import apps
from django.utils.module_loading import import_string

from discovery_course_run_sync.hosts.discovery.host import LOADER
from tests.hosts.discovery.events import SCHEDULE
from tests.hosts.discovery.rows import KEY, make_partner, make_runs, runs


def prepare() -> None:
    """Save a partner, and the draft and the official row of a run."""
    make_runs(make_partner("openedx"))


def write(value: str, time: str) -> None:
    """Let Discovery's loader write what the LMS says, as ``refresh_course_metadata`` does."""
    partners = apps.get_model("core", "Partner")._default_manager
    dates = {name: value and str(value) for name, value in SCHEDULE.items() if name != "pacing"}
    body = {"id": KEY, "name": value, "hidden": False, "pacing": "instructor", "media": {}}
    body |= {"license": "", "mobile_available": False, "short_description": None}
    loader = import_string(LOADER)(partners.get(short_code="openedx"), enable_api=False)
    loader.process_single_course_run(body | dates)


def says() -> str:
    """Return the title that both rows have."""
    draft, official = (run.title_override for run in runs())
    assert draft == official
    return str(official)
