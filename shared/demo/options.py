"""What a person may ask of the demo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shared.demo import DemoFailed

EVENTS, SEED, RATE = 2000, 1, 500.0
_SLOWEST = 0.001

N = TypeVar("N", int, float)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The demo's options. ``rate`` is in events per second, 0 for as fast as it goes.

    ``ends`` lets the demo end by itself; else the bus and the workers stay up until Ctrl-C.
    """

    events: int
    seed: int
    rate: float
    ends: bool = False
    as_json: bool = False


def parse(
    *, events: str | int, seed: str | int, rate: str | float, ends: bool, as_json: bool
) -> Options:
    """Return the options that these values stand for. Raises ``DemoFailed`` with one line."""
    pace = _number(float, "--rate", rate, least=0, most=1_000_000)
    if 0 < pace < _SLOWEST:
        raise DemoFailed(f"--rate must be 0 or at least {_SLOWEST}, not {str(rate)!r}.")
    return Options(
        events=_number(int, "--events", events, least=1, most=1_000_000),
        seed=_number(int, "--seed", seed, least=0, most=2**32),
        rate=pace,
        ends=ends,
        as_json=as_json,
    )


def _number(convert: Callable[[str], N], name: str, value: object, *, least: int, most: int) -> N:
    try:
        number = convert(str(value))
        if least <= number <= most:
            return number
    except ValueError:
        pass
    kind = "a whole number" if convert is int else "a number"
    raise DemoFailed(f"{name} must be {kind} from {least} to {most}, not {str(value)!r}.")
