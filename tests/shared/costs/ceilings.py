"""What a batch and an event may cost at most: the one place where these numbers are changed.

Statements are as many as there are. Calls and blocks have an eighth to spare above what was counted
on Python 3.11 and Django 5.2: other versions differ a little. Who makes something cheaper lowers
its numbers; who raises one says why in the commit.
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
        "user-grades": Ceiling(9, 15, 9, 296, 334, 70),
        "course-runs": Ceiling(8, 16, 7, 433, 516, 82),
        "subscription-plans": Ceiling(8, 15, 7, 385, 480, 81),
        "licenses": Ceiling(10, 17, 11, 395, 485, 82),
        "licensed-enrollments": Ceiling(9, 14, 9, 296, 321, 76),
    },
    "postgresql": {
        "user-grades": Ceiling(7, 7, 9, 238, 249, 67),
        "course-runs": Ceiling(6, 6, 7, 321, 365, 75),
        "subscription-plans": Ceiling(6, 6, 7, 314, 363, 72),
        "licenses": Ceiling(8, 8, 11, 345, 388, 75),
        "licensed-enrollments": Ceiling(7, 7, 9, 272, 282, 73),
    },
    "mysql": {
        "user-grades": Ceiling(9, 9, 10, 367, 424, 73),
        "course-runs": Ceiling(8, 8, 8, 515, 607, 84),
        "subscription-plans": Ceiling(8, 8, 8, 456, 569, 78),
        "licenses": Ceiling(10, 10, 12, 469, 582, 81),
        "licensed-enrollments": Ceiling(9, 9, 10, 351, 403, 77),
    },
}
"""By database, as Django calls it, and consumer."""

READINGS_OF_HEADERS = 2
"""How often those of a message are gone through until it is decoded."""
READINGS_WHEN_IGNORED = 1
KEPT_BYTES = 2_000
"""How many more there may be after a batch of 50 events: less than one object for each."""


def ceiling_of(sample: Sample) -> Ceiling:
    """Return the ceilings of a sample's consumer on the database of this run."""
    return CEILINGS[connection.vendor][sample.consumer.name]
