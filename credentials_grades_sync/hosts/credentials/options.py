"""What ``EVENT_SYNC['DESTINATION_OPTIONS']['user-grades']`` may say in Credentials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.exceptions import ConfigurationError


class Keep(StrEnum):
    """Which grades are kept."""

    RECORDS = "records"
    """Those of runs that are in a program of a site with learner records."""
    CATALOG = "catalog"
    """Those of every run in the catalogue."""
    ALL = "all"
    """Those, too, of runs that aren't in the catalogue; they wait for their run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The sites, by domain, whose runs get grades, and which grades are kept."""

    sites: Sequence[str]
    keep: str = Keep.RECORDS

    def __post_init__(self) -> None:
        is_list = isinstance(self.sites, list | tuple) and bool(self.sites)
        if not is_list or not all(site and isinstance(site, str) for site in self.sites):
            raise ConfigurationError(
                "SITES of the destination of user-grades is no list of domains.",
                hint="List the domains of Credentials' sites whose runs get grades.",
            )
        if self.keep not in list(Keep):
            raise ConfigurationError(
                f"KEEP of the destination of user-grades is {self.keep!r}.",
                hint=f"Use one of {', '.join(Keep)}.",
            )
