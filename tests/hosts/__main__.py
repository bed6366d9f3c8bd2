"""Run a destination's tests inside a checkout of its host: ``make test-host HOST=… SRC=…``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.hosts import environment
from tests.hosts.recipe import Recipe, Unusable, known, recipe_of


def main() -> int:
    """Parse, set up, run pytest, and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description=__doc__)
    parser.add_argument("host", help=", ".join(known()))
    parser.add_argument("source", help="a checkout of the host")
    parser.add_argument("--python", help="the Python that the host needs, if it isn't on the path")
    options, further = parser.parse_known_args()
    try:
        return _test(options.host, options.source, options.python, further)
    except Unusable as error:
        print(f"Fatal: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _test(host: str, source: str, python: str | None, further: list[str]) -> int:
    recipe = recipe_of(host)
    if not source:
        raise Unusable(f"SRC is empty: name a checkout of {recipe.name}.")
    checkout = Path(source).expanduser().resolve()
    interpreter = environment.prepare(host, recipe, checkout, python or None)
    title = f"{recipe.name} at {_commit(checkout)}"
    print(f"Testing inside {title}", file=sys.stderr)
    status = subprocess.run(
        [str(interpreter), "-m", "pytest", *_arguments(host, recipe), *further],
        cwd=environment.CHECKOUT,
        env=environment.variables(host, recipe, checkout),
    ).returncode
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
