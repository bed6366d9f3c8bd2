"""The worked example of docs/how_to/add_a_consumer.md, in a service that has no other room."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from openedx_events.learning.signals import COURSE_ENROLLMENT_CREATED

from shared.startconsumer.event_values import values_in
from shared.startconsumer.people import identity_of
from tests.docs import another_service
from tests.processes import ROOT

EXAMPLES = ROOT / "docs" / "examples"
PAGE = ROOT / "docs" / "how_to" / "add_a_consumer.md"


def run(*command: str, folder: Path) -> str:
    """Run Python in the repository, as the example's service, and return what it prints."""
    return another_service.run(
        *command, settings="example_settings", packages=EXAMPLES, folder=ROOT, database=folder
    )


def test_its_tests_pass(tmp_path: Path) -> None:
    """The contract of every consumer, and what it is about, a real worker included."""
    printed = run("-m", "pytest", "--quiet", str(EXAMPLES), folder=tmp_path)
    assert re.search(r"\b\d\d passed\b", printed)


@pytest.mark.parametrize(
    "check", ["makemigrations --check --dry-run", "check --fail-level WARNING"]
)
def test_django_finds_nothing(check: str, tmp_path: Path) -> None:
    """Neither a missing migration nor a warning of a system check."""
    run("manage.py", *check.split(), folder=tmp_path)


def test_its_learner_is_wherever_the_event_names_people() -> None:
    """As in a room that is generated: whoever enrolled the learner is found, too."""
    text = (EXAMPLES / "reporting_enrollments_sync" / "consumers.py").read_text()
    named = {value.path for value in values_in(COURSE_ENROLLMENT_CREATED) if identity_of(value)}
    assert len(named) == 6
    assert set(re.findall(r'LearnerField\(Identity\.\w+, "([^"]+)"', text)) == named


def test_page_shows_all_of_it() -> None:
    """No part of the consumer is left out: each is included by its name."""
    text = (EXAMPLES / "reporting_enrollments_sync" / "consumers.py").read_text()
    parts = [
        part for part in ast.parse(text).body if isinstance(part, ast.ClassDef | ast.FunctionDef)
    ]
    names = {*(part.name for part in parts), "ENROLLMENTS = Consumer("}
    assert len(parts) == 4
    assert names <= set(re.findall(r':(?:pyobject|start-at): "?([^"\n]+)', PAGE.read_text()))
