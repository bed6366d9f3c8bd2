"""The types that the wheel ships, as a squad's own ``mypy --strict`` sees them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.package.environment import Environment, variables

RIGHT = """
from credentials_grades_sync.records import UserGradeRecord
from discovery_course_run_sync.records import CourseRunRecord
from enterprise_license_sync.records import LicenseRecord
from shared.consumer import Consumer

def topic(consumer: Consumer) -> str:
    return consumer.topic
"""


def mypy(environment: Environment, folder: Path, text: str) -> str:
    """Return what mypy says of a module in which nothing is told of this project."""
    (folder / "squad.py").write_text(text)
    python = f"--python-executable={environment.programs / 'python'}"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", python, "squad.py"]
    done = subprocess.run(command, cwd=folder, env=variables(), capture_output=True, text=True)
    return done.stdout + done.stderr


def test_packages_are_typed(environment, tmp_path):
    """Code that uses each of them passes."""
    assert mypy(environment, tmp_path, RIGHT).startswith("Success: no issues found")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("consumer.topic", "consumer.topics", '"Consumer" has no attribute "topics"'),
        ("-> str", "-> int", 'got "str", expected "int"'),
    ],
)
def test_mistake_is_found(environment, tmp_path, right, wrong, said):
    """Types are what they are, not ``Any``."""
    assert said in mypy(environment, tmp_path, RIGHT.replace(right, wrong))
