"""Each sample of a profile counts for one step."""

from __future__ import annotations

import pytest

from tests.benchmark.measures.profile import REST, STEPS, shares, step_of
from tests.processes import ROOT

POLL = "take\0/x/shared/kafka/subscription.py\01"
DECODE = "arrival\0/x/shared/kafka/decoding.py\01"
UPSERT = "upsert\0/x/shared/upsert.py\01"
WAIT = "wait\0/x/psycopg/connection.py\01"
DRIVER = "dumps\0/x/psycopg/_adapters_map.py\01"
OTHER = "main\0/x/manage.py\01"


@pytest.mark.parametrize(
    ("frames", "step"),
    [
        ([OTHER, DECODE], "decode"),
        ([OTHER, DECODE, "read\0/x/fastavro/read.py\01"], "decode"),
        ([OTHER, DECODE, UPSERT], "upsert"),
        ([OTHER, UPSERT, WAIT], "wait for the database"),
        ([OTHER, UPSERT, DRIVER], "upsert"),
        ([OTHER], REST),
        ([], REST),
    ],
)
def test_innermost_step_counts(frames, step):
    """The driver's own work is its caller's; only its waiting is the database's."""
    assert step_of(frames) == step


def test_shares_are_of_the_time_between():
    """What comes before the first decoding and after the last is joining and leaving."""
    records = [
        ([POLL], 50.0),
        ([DECODE], 1.0),
        ([UPSERT, WAIT], 2.0),
        ([DECODE], 1.0),
        ([POLL], 50.0),
    ]
    assert shares(records) == {"decode": 50, "wait for the database": 50}


def test_steps_are_of_files_that_there_are():
    """A file that was renamed would let its step vanish."""
    ours = [part.lstrip("/") for part in STEPS if part != "/psycopg/"]
    assert [part for part in ours if not any(ROOT.glob(f"{part}*"))] == []
