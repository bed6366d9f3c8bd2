"""The recipes by which ``make test-host`` sets hosts up, and what it says when it can't."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts.environment import CHECKOUT
from tests.hosts.recipe import Recipe, Unusable, known, recipe_of

RECIPE = Recipe(
    name="the library",
    landmark="library/shelves.py",
    settings="tests.hosts.library.in_host",
    requirements=("requirements/test.txt",),
    leave_out=("paper",),
    replace={"ink": "ink==2.0"},
    add=("glue",),
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of the library."""
    for name, text in {
        "library/shelves.py": "",
        "requirements/test.txt": (
            "# made by hand\n--prefer-binary\n    # via ink\n"
            "Paper==1.0\nink[black] @ git+https://example.org/ink\npaper-clip==3.0\n"
        ),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run what ``make test-host`` runs."""
    command = [sys.executable, "-m", "tests.hosts", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)


def test_there_are_recipes():
    """The checks below have something to look at."""
    assert "credentials" in known()


@pytest.mark.parametrize("host", known())
def test_recipe_names_what_is_there(host):
    """Settings for the tests inside the host, and tests."""
    folder = CHECKOUT / "tests/hosts" / host
    assert recipe_of(host).settings == f"tests.hosts.{host}.in_host"
    assert (folder / "in_host.py").is_file()
    assert list(folder.glob("test_*.py"))


def test_requirements_are_adapted(checkout):
    """By name, in whatever case; what only begins like one of them is another one."""
    assert RECIPE.requirements_of(checkout).splitlines() == [
        "ink==2.0",
        "paper-clip==3.0",
        "glue",
    ]


def test_requirements_that_moved_are_named(checkout):
    """A host may put them elsewhere."""
    (checkout / "requirements/test.txt").unlink()
    with pytest.raises(Unusable, match=r"has no test\.txt at .* the recipe is out of date"):
        RECIPE.requirements_of(checkout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "."), "Fatal: HOST=nowhere is none of "),
        (("", "."), "Fatal: HOST= is none of "),
        (("credentials", ""), "Fatal: SRC is empty: name a checkout of Credentials."),
        (
            ("lms", str(CHECKOUT), "--walk"),
            "Fatal: edx-enterprise runs inside another service",
        ),
        (("credentials", str(CHECKOUT)), f"Fatal: SRC={CHECKOUT} is no checkout of Credentials"),
    ],
)
def test_bad_call_is_answered_in_one_line(arguments, said):
    """It names what to correct, and sets nothing up."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(said)
    assert "credentials" in line.lower() or "edx-enterprise" in line


def test_python_that_the_host_cannot_run_on_is_answered_in_one_line(tmp_path):
    """Before anything is installed."""
    for name in ("credentials/apps/records/models.py", "requirements/test.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "requirements/django.txt").touch()
    done = run("credentials", str(tmp_path), "--python", str(tmp_path / "python"))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("Fatal: Credentials needs Python 3.12, which isn't there")
