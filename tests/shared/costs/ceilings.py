"""What a batch and an event may cost at most: the one place where these numbers are changed.

Statements are as many as there are. Calls and blocks have an eighth to spare above the most that
was counted on any Python and Django that we support; these differ by a fiftieth, and blocks by a
tenth. Who makes something cheaper lowers its numbers; who raises one says why in the commit.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from tests.contract.sample import Sample


class Ceiling(NamedTuple):
    """What one consumer may cost on one database."""

    statements: int
    """Of a batch of new or of changed rows, BEGIN and COMMIT included."""
    full: int
    """Of such a batch of 500; SQLite's statements don't take all of it."""
    troubled: int
    """Of a batch with events of all kinds, and a retired learner's among them."""
    calls_when_new: int
    """Per event that makes a row."""
    calls_when_changed: int
    """Per event that changes a row."""
    blocks: int
    """Of memory, per event, at one time."""


CEILINGS = {
    "sqlite": {
        "user-grades": Ceiling(10, 16, 13, 1_030, 1_120, 93),
        "course-runs": Ceiling(9, 17, 11, 1_150, 1_300, 102),
        "subscription-plans": Ceiling(9, 16, 11, 1_010, 1_160, 101),
        "licenses": Ceiling(12, 19, 15, 1_080, 1_220, 103),
        "licensed-enrollments": Ceiling(11, 16, 13, 1_010, 1_100, 99),
    },
    "postgresql": {
        "user-grades": Ceiling(10, 10, 13, 1_050, 1_110, 88),
        "course-runs": Ceiling(9, 9, 11, 1_150, 1_240, 92),
        "subscription-plans": Ceiling(9, 9, 11, 1_020, 1_120, 90),
        "licenses": Ceiling(12, 12, 15, 1_090, 1_190, 93),
        "licensed-enrollments": Ceiling(11, 11, 13, 1_040, 1_120, 92),
    },
    "mysql": {
        "user-grades": Ceiling(10, 10, 13, 1_100, 1_180, 92),
        "course-runs": Ceiling(9, 9, 11, 1_240, 1_370, 101),
        "subscription-plans": Ceiling(9, 9, 11, 1_080, 1_230, 97),
        "licenses": Ceiling(12, 12, 15, 1_150, 1_300, 100),
        "licensed-enrollments": Ceiling(11, 11, 13, 1_070, 1_160, 98),
    },
}
"""By database, as Django calls it, and consumer."""

READINGS_OF_HEADERS = 3
"""How often those of a message are gone through until it is decoded."""
READINGS_WHEN_IGNORED = 1
KEPT_BYTES = 2_000
"""How many more there may be after a batch of 50 events: less than one object for each."""


def ceiling_of(sample: Sample) -> Ceiling:
    """Return the ceilings of a sample's consumer on the database of this run."""
    return CEILINGS[connection.vendor][sample.consumer.name]
