"""Numbers that a person writes as an option: within bounds, or one line that names them."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable

# int() takes other writings' digits and underscores as well, and thousands of digits take it long.
_DIGITS = re.compile(r"[0-9]{1,19}")


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return the ``type`` of an option that is a whole number, not below 0."""

    def parse(text: str) -> int:
        if _DIGITS.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        raise ArgumentTypeError(f"{text!r} is no whole number from {least:,} to {most:,}")

    return parse


def number(least: float, most: float) -> Callable[[str], float]:
    """Return the ``type`` of an option that is a number, with or without a fraction."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if least <= value <= most:
            return value
        raise ArgumentTypeError(f"{text!r} is no number from {least:,} to {most:,}")

    return parse
