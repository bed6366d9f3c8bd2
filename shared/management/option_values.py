"""What a person writes as an option's value, each taken as it is meant or refused in one line."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from shared.exceptions import ConfigurationError, FatalError
from shared.times import parse_time

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


positive = whole(1, 999_999_999)


def time_of(option: str, text: str | None) -> datetime | None:
    """Return the time that an option has, if it is said. Raises ``ConfigurationError``."""
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{option}: {text!r} is no time.", hint="Write it as in 2026-01-31T12:00:00Z."
        ) from error
    except FatalError as error:
        raise ConfigurationError(f"{option}: {error.message}", hint=error.hint) from error


def days_ago(option: str, days: int) -> datetime:
    """Return the time so many days ago. Raises ``ConfigurationError`` if there is none."""
    try:
        return timezone.now() - timedelta(days=days)
    except OverflowError as error:
        raise ConfigurationError(
            f"{option}: no date is {days} days ago.", hint="Say fewer."
        ) from error
