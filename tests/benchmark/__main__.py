"""Measure this worker, and beside it others that do the same: ``make bench``.

The servers have to run (``make services``). All parts take about forty minutes, a look two
(``--quick``). What is measured again takes its part's place in the file; the other parts stay.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmark import databases, page
from tests.benchmark.drivers import MARIADB, POSTGRESQL, SQLITE
from tests.benchmark.plan import FULL, QUICK
from tests.processes import ROOT
from tests.services import NotRunning, running

DATABASES = (POSTGRESQL, MARIADB, SQLITE)
PARTS = ("rates", "latency", "memory", "growth", "queues", "scaling", "profile")
_QUICK_PARTS = ("rates", "latency")
BUSY = 1.0
"""A load above which somebody else works on the machine."""
_KEPT = ROOT / ".services" / "benchmark"


def main() -> None:
    """Parse and do."""
    options = _parse()
    if options.render:
        page.write(options.render, page.load(options.render))
        return
    try:
        data = _measure(options)
    except NotRunning as error:
        raise SystemExit(f"Fatal: {error}") from None
    if options.write:
        data = page.merged(page.load(options.write), data)
        page.write(options.write, data)
    print(json.dumps(data) if options.json else page.tables(data))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one round, two parts")
    parser.add_argument("--only", type=_some(PARTS), metavar="PARTS", help=", ".join(PARTS))
    parser.add_argument(
        "--profile", action="store_true", help="the same as --only profile: where the time goes"
    )
    parser.add_argument(
        "--databases", type=_some(DATABASES), metavar="NAMES", help=f"{', '.join(DATABASES)}; rates"
    )
    parser.add_argument("--rounds", type=int, help="rounds of the races")
    parser.add_argument("--json", action="store_true", help="print one JSON object, not tables")
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--write", type=Path, metavar="PAGE", help="write page, data and plot")
    end.add_argument("--render", type=Path, metavar="PAGE", help="make the page from its data")
    options = parser.parse_args()
    options.plan = QUICK if options.quick else FULL
    if options.quick and options.write:
        parser.error("A look is nothing to publish: --quick and --write don't go together.")
    return options


def _some(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of names with commas between, which keeps the order of ``known``."""

    def parse(text: str) -> tuple[str, ...]:
        names = text.split(",")
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not among {known}")
        return tuple(name for name in known if name in names)

    return parse


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the parts that are wanted, one after the other."""
    from dataclasses import replace
    from importlib import import_module

    from tests.benchmark.contest import Contest
    from tests.benchmark.machine import provenance
    from tests.benchmark.session import Session, log

    services = running()
    origin = provenance(services)
    if (load := origin["machine"]["load"]) > BUSY:
        log.print(f"Others use this machine (load {load}): no ratio of such a run is worth much.")
    plan = options.plan
    if options.rounds:
        plan = replace(plan, rounds=options.rounds, repeats=options.rounds)
    kept = options.write.parent if options.write else _KEPT
    kept.mkdir(exist_ok=True)
    parts = ("profile",) if options.profile else options.only
    with TemporaryDirectory() as folder:
        session = Session(
            contest=Contest(services, Path(folder)),
            databases=databases.of(services, Path(folder)),
            wanted=options.databases or ((POSTGRESQL,) if options.quick else DATABASES),
            plan=plan,
            kept=kept,
        )
        found = {
            part: import_module(f"tests.benchmark.measures.{part}").measure(session)
            for part in parts or (_QUICK_PARTS if options.quick else PARTS)
        }
    if rates := found.pop("rates", None):
        found = {f"rates_{kind}": results for kind, results in rates.items()} | found
    return {part: {**origin, "results": results} for part, results in found.items()}


if __name__ == "__main__":
    main()
