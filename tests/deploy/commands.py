"""A line that a person or a manifest gives to ``manage.py``, read by the command's own parser."""

from __future__ import annotations

import shlex
from argparse import Namespace

from django.core.management import CommandError, get_commands, load_command_class


def parse(line: str) -> Namespace:
    """Return what a command understands. Raises ``CommandError`` if it can't."""
    name, *arguments = shlex.split(line)
    if name not in get_commands():
        raise CommandError(f"No command {name}.")
    command = load_command_class(get_commands()[name], name)
    return command.create_parser("manage.py", name).parse_args(arguments)
