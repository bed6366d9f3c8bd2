"""Where the worker's time goes: a run of it under pyinstrument, apart from all other figures.

A sample counts for the innermost step of its stack, and for the wait if the driver was waiting for
the database. Samples before the first decoding and after the last one are joining and leaving.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmark.contest import PATIENCE, fresh
from tests.benchmark.contestants import MANAGE, OURS
from tests.benchmark.figures import rounded
from tests.benchmark.session import Session, log
from tests.benchmark.stream import Stream

STEPS = {
    "/psycopg/": "wait for the database",
    "/shared/kafka/subscription.py": "poll",
    "/shared/kafka/polled.py": "poll",
    "/shared/kafka/offsets.py": "commit offsets",
    "/shared/kafka/decoding.py": "decode",
    "/shared/kafka/conversion.py": "decode",
    "/shared/cloudevents.py": "decode",
    "/shared/kafka/emission.py": "emit",
    "/shared/receivers.py": "emit",
    "/shared/kafka/tracing.py": "emit",
    "/shared/mapping.py": "map",
    "/credentials_grades_sync/mappers.py": "map",
    "/credentials_grades_sync/filters.py": "map",
    "/credentials_grades_sync/records.py": "map",
    "/shared/upsert": "upsert",
    "/shared/bulk/": "upsert",
    "/shared/ordering.py": "upsert",
    "/shared/applied": "upsert",
    "/shared/counting.py": "count and tell",
    "/shared/models/counts.py": "count and tell",
    "/shared/kafka/vitals.py": "count and tell",
    "/shared/logging.py": "count and tell",
}
"""Steps by a part of the path of the file that takes them."""
_WAIT = "/psycopg/"
REST = "the rest"
_PROGRAM = (sys.executable, "-m", "pyinstrument", "--interval", "0.001", "-r", "pyisession", "-o")

Record = tuple[Sequence[str], float]
"""The frames of a sample, outermost first, each with its file; and its seconds."""


def measure(session: Session) -> dict[str, Any]:
    """Return the shares of the steps; tree and speedscope are kept beside the figures."""
    count, recorded = session.plan.size(OURS), session.contest.folder / "profile.pyisession"
    worker = OURS.with_program((*_PROGRAM, str(recorded), *MANAGE[1:]))
    with (
        fresh(session.postgresql) as (url, _),
        session.contest.topic(worker, url) as entry,
    ):
        entry.publish_before(Stream.halved(count))
        entry.start()
        entry.wait_for_committed(count, PATIENCE)
        entry.workers[0].stop()
        records = _keep(recorded, session.kept)
    found = shares(records)
    log.print(f"profile: {found}")
    return {"events": count, "shares": found}


def shares(records: Iterable[Record]) -> dict[str, float]:
    """Return the share of each step in percent, the largest first."""
    taken = [(step_of(frames), seconds) for frames, seconds in records]
    decoding = [number for number, (step, _) in enumerate(taken) if step == "decode"]
    total: Counter[str] = Counter()
    for step, seconds in taken[decoding[0] : decoding[-1] + 1] if decoding else taken:
        total[step] += seconds  # type: ignore[assignment]
    whole = sum(total.values())
    return {step: rounded(100 * seconds / whole) for step, seconds in total.most_common()}


def step_of(frames: Sequence[str]) -> str:
    """Return the step that a sample with these frames belongs to."""
    if frames and _WAIT in frames[-1] and "wait" in frames[-1]:
        return STEPS[_WAIT]
    for frame in reversed(frames):
        for part, step in STEPS.items():
            if part != _WAIT and part in frame:
                return step
    return REST


def _keep(recorded: Path, folder: Path) -> Sequence[Record]:
    from pyinstrument.renderers import ConsoleRenderer, SpeedscopeRenderer
    from pyinstrument.session import Session as Recorded

    found = Recorded.load(recorded)
    tree = ConsoleRenderer(unicode=True, color=False, time="percent_of_total").render(found)
    (folder / "benchmark_profile.txt").write_text(_anonymous(tree))
    (folder / "benchmark_profile.speedscope.json").write_text(
        _anonymous(SpeedscopeRenderer().render(found))
    )
    return [*found.frame_records]


def _anonymous(text: str) -> str:
    """Return a text without the paths of this machine."""
    for path in sorted({str(Path.cwd()), *sys.path}, key=len, reverse=True):
        text = text.replace(path, "") if len(path) > 1 else text
    return text
