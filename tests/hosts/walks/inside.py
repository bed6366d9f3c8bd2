"""Runs a function in the host and prints its answer: ``inside.py HOST FUNCTION ARGUMENTS``.

What is installed is imported before this checkout gets on the path: the room is the wheel's.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import django

django.setup()

import shared  # noqa: E402
from shared.models import DeadLetter, ParkedEvent  # noqa: E402

_CHECKOUT = Path(__file__).parents[3]
assert not Path(shared.__file__).is_relative_to(_CHECKOUT / "shared"), "This is no installed wheel."
sys.path.insert(0, str(_CHECKOUT))


def unsettled() -> int:
    """Return how many events were parked or buried."""
    return ParkedEvent.objects.count() + DeadLetter.objects.count()


if __name__ == "__main__":
    host, name, *arguments = sys.argv[1:]
    functions = {"unsettled": unsettled} | vars(import_module(f"tests.hosts.{host}.inside"))
    print(f"\n{json.dumps(functions[name](*arguments))}")
