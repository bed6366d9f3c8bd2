"""The commands of docs/how_to/add_a_consumer.md, run in their order in a service's folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import another_service
from tests.docs.blocks import blocks
from tests.processes import ROOT

SETTINGS = """
from shared.project.settings import *

INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.partition(".")[0].endswith("_sync")]
EVENT_SYNC = {"DESTINATIONS": {}}
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A service without rooms."""
    (tmp_path / "manage.py").write_text((ROOT / "manage.py").read_text())
    (tmp_path / "service_settings.py").write_text(SETTINGS)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nDJANGO_SETTINGS_MODULE = service_settings\naddopts = --import-mode=importlib\n"
        "pythonpath = .\n"
    )
    return tmp_path


def run(line: str, service: Path) -> str:
    """Run a command of the page and return what it prints; ``python`` is ours."""
    command, *arguments = line.split()
    assert command == "python"
    return another_service.run(
        *arguments, settings="service_settings", packages=service, folder=service, database=service
    )


def test_page_is_a_session(service: Path) -> None:
    """Its commands work in their order, with its settings; the command tells those itself."""
    page, printed = ROOT / "docs" / "how_to" / "add_a_consumer.md", ""
    for block in blocks(page):
        if block.language == "python":
            with (service / "service_settings.py").open("a") as settings:
                settings.write(block.text)
            assert all(line.strip() in printed for line in block.text.splitlines())
        elif block.mark == "run by: tests/docs/test_startconsumer.py":
            for line in block.text.splitlines():
                printed += run(line, service)
    assert "1 passed" not in printed
    assert re.search(r"\d\d passed", printed)
