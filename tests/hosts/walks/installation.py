"""Installs this package in a host's environment as a maintainer does: as a wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.hosts import environment
from tests.hosts.environment import CHECKOUT, FOLDER
from tests.hosts.recipe import Recipe, Unusable

_LEFT_OUT = (".*", "build", "*.egg-info", "__pycache__", "docs", "tests")


def prepare(host: str, recipe: Recipe, source: Path, python: str | None) -> Path:
    """Return the Python of an environment with the host's own requirements and our wheel.

    Raises ``Unusable``.
    """
    production = replace(recipe, requirements=recipe.production)
    interpreter = environment.prepare(f"{host}-walk", production, source, python)
    with TemporaryDirectory() as folder:
        wheel = _wheel(Path(folder))
        # Its dependencies are there; the package itself is as the checkout has it now.
        options = ("--quiet", "--force-reinstall", "--no-deps")
        _run(str(interpreter), "-m", "pip", "install", *options, str(wheel))
    return interpreter


def variables(host: str, recipe: Recipe, source: Path) -> dict[str, str]:
    """Return the environment variables under which the host's code is found, and ours isn't."""
    given = environment.variables(f"{host}-walk", recipe, source)
    return given | {"PYTHONPATH": f"{source}:{FOLDER / f'{host}-walk' / 'empty'}"}


def _wheel(folder: Path) -> Path:
    # A copy: what an earlier build has left in the checkout would get into the wheel.
    copy = folder / "checkout"
    shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps")
    _run(*pip, "--wheel-dir", str(folder), str(copy))
    [wheel] = folder.glob("*.whl")
    return wheel


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unusable(f"The wheel could not be installed: {done.stderr.strip()[-500:]}")
