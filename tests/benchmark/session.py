"""One call of the benchmark: servers, plan, and where it tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tests.benchmark.contest import Contest
from tests.benchmark.databases import Database, Served
from tests.benchmark.drivers import POSTGRESQL
from tests.benchmark.plan import Plan

log = Console(stderr=True, markup=False, highlight=False)


@dataclass(frozen=True)
class Session:
    """What a measure works with."""

    contest: Contest
    databases: dict[str, Database]
    """All kinds there are."""
    wanted: tuple[str, ...]
    """The kinds on which rates are taken; the other parts are about PostgreSQL."""
    plan: Plan
    kept: Path
    """The folder of what a part keeps beside its figures."""

    @property
    def postgresql(self) -> Served:
        """The database of all parts but the rates."""
        server = self.databases[POSTGRESQL]
        assert isinstance(server, Served)
        return server
