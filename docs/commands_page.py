"""The page of the commands, made from their own parsers; ``make reference`` writes it."""

from __future__ import annotations

from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.management import load_command_class
from django.core.management.base import DjangoHelpFormatter

_OF_DJANGO = DjangoHelpFormatter.show_last | {"--skip-checks"}
COMMANDS = Path(__file__).parents[1] / "shared" / "management" / "commands"
HEAD = """\
# Commands

Every `manage.py` command of `shared`, as its `--help` has it; `make reference` writes this page.
The options that all commands of Django take are left out.

What changes something is a dry run until `--apply` is said, or takes `--dry-run`. Exit statuses: 0
when all is done, 1 when something is left or went wrong, 2 for an option that isn't there or a
value that it doesn't take, 3 for a fatal error: one line that begins with `Fatal:` says what is
wrong and, after `Hint:`, how to mend it. 130 is Ctrl-C."""


def page() -> str:
    """Return the page in Markdown."""
    names = sorted(file.stem for file in COMMANDS.glob("[a-z]*.py"))
    return "\n\n".join([HEAD, *(part for name in names for part in _command(name))])


def _command(name: str) -> Iterator[str]:
    parser = load_command_class("shared", name).create_parser("manage.py", name)
    yield from _parser(f"## `{name}`", parser)
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for verb, verb_parser in action.choices.items():
                yield from _parser(f"### `{name} {verb}`", verb_parser)


def _parser(heading: str, parser: ArgumentParser) -> Iterator[str]:
    yield heading
    yield str(parser.description)
    rows = [_row(action) for action in parser._actions if _is_ours(action)]
    if rows:
        yield "\n".join(["| option | |", "|---|---|", *rows])


def _is_ours(action: Action) -> bool:
    if action.help == SUPPRESS or isinstance(action, _SubParsersAction):
        return False
    return action.dest != "help" and not _OF_DJANGO.intersection(action.option_strings)


def _row(action: Action) -> str:
    # A bar ends a table's cell, in code, too.
    words = " ".join([*action.option_strings, *_values(action)]).replace("|", "\\|")
    needed = " Required." if action.required and action.option_strings else ""
    said = str(action.help) % vars(action)
    return f"| `{words}` | {said}{needed} |"


def _values(action: Action) -> Iterator[str]:
    if action.nargs == 0:
        return
    name = str(action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper())
    yield f"{name} …" if action.nargs in ("+", "*") else name


if __name__ == "__main__":
    django.setup()
    print(page())
