"""Compare this worker with the stock consumer: ``make faults-report``.

The servers have to run (``make services``); half an hour on four cores.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import django
from rich.console import Console

from tests.faults import page
from tests.services import NotRunning

log = Console(stderr=True)


def main() -> None:
    """Parse and do."""
    options = _parse()
    options.do(options)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    compare = verbs.add_parser("compare", help="run the scenarios with both, and print a table")
    compare.set_defaults(do=_compare)
    compare.add_argument("--database", choices=["postgresql", "mariadb"], default="postgresql")
    compare.add_argument("--json", action="store_true", help="print one JSON object instead")
    some = compare.add_mutually_exclusive_group()
    some.add_argument("--only", metavar="TEXT", default="", help="scenarios with this in the name")
    some.add_argument(
        "--write", type=Path, metavar="PAGE", help="write the page, and its data beside it"
    )
    render = verbs.add_parser("render", help="write the page anew from the data beside it")
    render.set_defaults(do=lambda options: page.write(options.page, page.load(options.page)))
    render.add_argument("page", type=Path)
    return parser.parse_args()


def _compare(options: argparse.Namespace) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.faults.comparison import NoScenario, compare

    try:
        data: dict[str, Any] = compare(options.database, options.only)
    except (NoScenario, NotRunning) as error:
        raise SystemExit(f"Fatal: {error}") from None
    if options.write:
        page.write(options.write, data)
    tables = f"{page.faults(data)}\n\n{page.hand_overs(data)}"
    print(json.dumps(data) if options.json else tables)


if __name__ == "__main__":
    main()
