"""Which of Credentials' course runs get the grades of a key. A key is nobody's alone.

Runs are per site, and even in one site nothing keeps two courses from having runs of one key: each
of them gets the grade.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from credentials_grades_sync.hosts.credentials.host import fold, rows_of, spelled
from credentials_grades_sync.hosts.credentials.options import Keep, Options
from shared.exceptions import ConfigurationError

# The LMS takes no other program into account, and learner records show no other.
_SHOWN = ("active", "retired")


def runs_by_key(keys: Collection[str], options: Options) -> dict[str, tuple[int, ...]]:
    """Return the ids of the runs that get grades, by their (folded) keys.

    Raises ``ConfigurationError`` if Credentials doesn't have one of the sites.
    """
    runs = rows_of("catalog.CourseRun").filter(course__site__in=_sites(options))
    if options.keep == Keep.RECORDS:
        runs = runs.filter(
            programs__status__in=_SHOWN,
            programs__site__siteconfiguration__records_enabled=True,
        )
    by_key = defaultdict(set)
    for pk, key in spelled(runs, "key", keys).values_list("pk", "key"):
        by_key[fold(key)].add(pk)
    return {key: tuple(sorted(ids)) for key, ids in by_key.items()}


def _sites(options: Options) -> list[int]:
    sites = list(spelled(rows_of("sites.Site"), "domain", options.sites))
    there = {fold(site.domain) for site in sites}
    if absent := [domain for domain in options.sites if fold(domain) not in there]:
        raise ConfigurationError(
            f"Credentials has no site {', '.join(absent)}.",
            hint="Correct SITES in EVENT_SYNC['DESTINATION_OPTIONS']['user-grades'].",
        )
    return [site.pk for site in sites]
