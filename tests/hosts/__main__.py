"""Run a destination's tests inside a checkout of its host: ``make test-host HOST=… SRC=…``.

With ``--walk`` the host runs on real servers, from its old way to the bus and back: ``make
walk-host``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.hosts import environment
from tests.hosts.recipe import HERE, Recipe, Unusable, known, recipe_of
from tests.hosts.walks import installation


def main() -> int:
    """Parse, set up, run pytest, and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description=__doc__)
    parser.add_argument("host", help=", ".join(known()))
    parser.add_argument("source", help="a checkout of the host")
    parser.add_argument("--python", help="the Python that the host needs, if it isn't on the path")
    parser.add_argument("--walk", action="store_true", help="walk the host on real servers instead")
    options, further = parser.parse_known_args()
    try:
        act = _walk if options.walk else _test
        return act(options.host, options.source, options.python or None, further)
    except Unusable as error:
        print(f"Fatal: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _test(host: str, source: str, python: str | None, further: list[str]) -> int:
    recipe, checkout = recipe_of(host), _checkout(host, source)
    interpreter = environment.prepare(host, recipe, checkout, python)
    command = [str(interpreter), "-m", "pytest", *_arguments(host, recipe), *further]
    return _run(command, environment.variables(host, recipe, checkout), recipe, checkout)


def _walk(host: str, source: str, python: str | None, further: list[str]) -> int:
    recipe, checkout = recipe_of(host), _checkout(host, source)
    if not (HERE / host / "walk.py").is_file():
        raise Unusable(f"{recipe.name} runs inside another service only: there is no walk.")
    asked = {
        "host": host,
        "checkout": str(checkout),
        "python": str(installation.prepare(host, recipe, checkout, python)),
        "variables": installation.variables(host, recipe, checkout),
    }
    command = [sys.executable, "-m", "pytest", "-q", "tests/hosts/walks/steps.py", *further]
    return _run(command, {**os.environ, "EVENT_SYNC_WALK": json.dumps(asked)}, recipe, checkout)


def _checkout(host: str, source: str) -> Path:
    if not source:
        raise Unusable(f"SRC is empty: name a checkout of {recipe_of(host).name}.")
    return Path(source).expanduser().resolve()


def _run(command: list[str], variables: dict[str, str], recipe: Recipe, checkout: Path) -> int:
    title = f"{recipe.name} at {_commit(checkout)}"
    print(f"Testing inside {title}", file=sys.stderr)
    status = subprocess.run(command, cwd=environment.CHECKOUT, env=variables).returncode
    print(f"{title}: {'passed' if status == 0 else f'failed, pytest exited with {status}'}")
    return status


def _arguments(host: str, recipe: Recipe) -> list[str]:
    # The host's own warnings are its own affair.
    options = ["-W", "default", "-p", "no:cacheprovider", "-m", "not stand_in", "-q"]
    return ["--ds", recipe.settings, *options, f"tests/hosts/{host}"]


def _commit(checkout: Path) -> str:
    git = ["git", "-C", str(checkout)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True)
    if head.returncode:
        return "an unknown commit"
    changes = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True)
    return f"{head.stdout.strip()}{', changed' if changes.stdout else ''}"


if __name__ == "__main__":
    sys.exit(main())
