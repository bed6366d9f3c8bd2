"""The virtual environment that a host's code runs in, kept in a folder of this checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.hosts.recipe import HERE, Recipe, Unusable

CHECKOUT = HERE.parents[1]
FOLDER = CHECKOUT / ".hosts"


def prepare(host: str, recipe: Recipe, source: Path, python: str | None) -> Path:
    """Return the environment's Python, installed anew if what it needs has changed.

    Raises ``Unusable``.
    """
    folder, text = FOLDER / host, recipe.requirements_of(source)
    venv, stamp = folder / "venv", folder / "stamp"
    built_of = f"{recipe!r}{text}{(CHECKOUT / 'pyproject.toml').read_text()}"
    wanted = hashlib.sha256(built_of.encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        interpreter = _interpreter(recipe, python)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "requirements.txt").write_text(text)
        print(f"Setting up {venv}, once; this takes some minutes", file=sys.stderr)
        _run(folder, recipe, interpreter, "-m", "venv", "--clear", str(venv))
        pip = (str(venv / "bin/python"), "-m", "pip", "install", "--quiet")
        _run(folder, recipe, *pip, "--upgrade", "pip")
        # In one go, so that the host's pins hold for what we need, too.
        _run(folder, recipe, *pip, "-r", "requirements.txt", "--editable", str(CHECKOUT))
        stamp.write_text(wanted)
    for name in recipe.empty:
        package = folder / "empty" / name
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
    return venv / "bin/python"


def variables(host: str, recipe: Recipe, source: Path) -> dict[str, str]:
    """Return the environment variables under which the host's code and our tests are found."""
    path = [str(source), str(CHECKOUT), str(FOLDER / host / "empty")]
    inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    return {**inherited, **recipe.environment, "PYTHONPATH": os.pathsep.join(path)}


def _interpreter(recipe: Recipe, python: str | None) -> str:
    for candidate in [python] if python else [sys.executable, f"python{recipe.python}"]:
        if shutil.which(candidate) and _version_of(candidate) == recipe.python:
            return candidate
    raise Unusable(
        f"{recipe.name} needs Python {recipe.python}, which isn't there: "
        "name it, as in make test-host HOST_PYTHON=/path/to/python."
    )


def _version_of(python: str) -> str:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", program], capture_output=True, text=True).stdout.strip()


def _run(folder: Path, recipe: Recipe, *command: str) -> None:
    log = folder / "install.log"
    with log.open("a") as output:
        done = subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        needs = f" It needs {', '.join(recipe.system)}." if recipe.system else ""
        raise Unusable(f"{recipe.name} could not be installed: see {log}.{needs}")
