"""Options of the commands that repair: which rows, who, why; texts become values, or one line."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from getpass import getuser
from shlex import join
from typing import Any

from shared.exceptions import ConfigurationError
from shared.management.option_values import time_of
from shared.repairs import By
from shared.selection import Selection

_TEXTS = ("room", "consumer", "event_type", "error")


def add_selection(parser: ArgumentParser, *, error: str) -> None:
    """Take what narrows the rows; ``error`` says what the option of that name is about."""
    add = parser.add_argument
    add("--room", help="Of this room only.")
    add("--consumer", help="Of this consumer only.")
    add("--event-type", metavar="TYPE", help="Of this event type only.")
    add("--error", metavar="TEXT", help=error)
    add("--since", metavar="TIME", help="Not before: ISO 8601 with its zone.")
    add("--until", metavar="TIME", help="Before: ISO 8601 with its zone.")
    add("--id", nargs="+", type=row_id, metavar="ID", help="These only, by their ids.")


def add_action(parser: ArgumentParser, *, reason: str) -> None:
    """Take who does it and why, and whether it is done."""
    parser.add_argument("--reason", default="", help=reason)
    parser.add_argument("--actor", help="Who does it; the user of the operating system if unsaid.")
    parser.add_argument("--apply", action="store_true", help="Do it, don't just say.")


def selection_of(options: dict[str, Any]) -> Selection:
    """Return which rows are meant. Raises ``ConfigurationError`` that names the option."""
    for name in _TEXTS:
        if options[name] is not None and not options[name].strip():
            # An empty variable of a script; it would stand for all.
            option = name.replace("_", "-")
            raise ConfigurationError(f"--{option} is empty.", hint="Leave it out, or say which.")
    return Selection(
        **{name: options[name] for name in _TEXTS},
        since=time_of("--since", options["since"]),
        until=time_of("--until", options["until"]),
        ids=tuple(options["id"] or ()),
    )


def by_of(options: dict[str, Any]) -> By:
    """Return who repairs, and why. Raises ``ConfigurationError``."""
    actor = options["actor"]
    return By(_user() if actor is None else actor, options.get("reason", ""))


def with_apply(command: str, options: dict[str, Any]) -> str:
    """Return a dry run's command once more, for a shell, as it does what the dry run tells of."""
    words = ["manage.py", command, options["verb"]]
    for name in (*_TEXTS, "since", "until", "older_than", "id", "actor"):
        if value := options.get(name):
            values = value if isinstance(value, list) else [value]
            words += [f"--{name.replace('_', '-')}", *map(str, values)]
    return join([*words, "--apply", "--reason", options["reason"] or "…"])


def _user() -> str:
    """Return the user of the operating system; in a container there may be none."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "unknown"


def row_id(text: str) -> int:
    """Return the id of a row, there or not."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise ArgumentTypeError(f"{text!r} is no id; list shows them")
    return int(text)
