"""What is wrong with a room, in words for the person who can mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from shared.conf import get_settings
from shared.states import ENDED, State
from shared.status import RoomStatus, WorkerStatus

_STUCK_AFTER = timedelta(minutes=5)


def problems(status: RoomStatus, *, now: datetime) -> Iterator[str]:
    """Yield what a person should look at, the gravest first; nothing if all is well."""
    alive = [worker for worker in status.workers if worker.is_alive]
    if not alive:
        yield _without_worker(status.workers)
    for worker in alive:
        if worker.state == State.WAITING:
            yield f"Worker {worker.worker} waits: {worker.reason}"
        elif worker.state == State.RUNNING and _is_stuck(worker, now):
            yield (
                f"Worker {worker.worker} has committed nothing since {_time(worker.progress_at)}, "
                f"and {worker.total_lag} messages wait."
            )
        elif worker.lag is None:
            why = f": {worker.reason}" if worker.reason else "."
            yield f"Worker {worker.worker} can't tell its lag{why}"
    if status.is_paused:
        yield "The room is paused by its switch."
    for each in status.consumers:
        name = each.consumer or "the room"
        # Not by the outcomes: a replay takes off what was buried long ago, and receivers have none.
        if each.dead:
            newest = _time(each.dead.newest)
            yield f"Dead letters of {name}: {each.dead.count}, the newest of {newest}."
        if each.parked and now - each.parked.oldest > _long_parked():
            yield f"Events of {name} have waited since {_time(each.parked.oldest)}."


def _without_worker(workers: Sequence[WorkerStatus]) -> str:
    if not workers:
        return "No worker has run in the last day."
    last = workers[-1]
    if last.state in ENDED:
        end = f": {last.reason}" if last.reason else "."
        return f"No worker runs; the last one {last.state} at {_time(last.seen_at)}{end}"
    return f"No worker gives a sign of life; the last one did so at {_time(last.seen_at)}."


def _is_stuck(worker: WorkerStatus, now: datetime) -> bool:
    return bool(worker.total_lag) and now - worker.progress_at > _STUCK_AFTER


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _long_parked() -> timedelta:
    """After half of their time it is likely that their parents won't come by themselves."""
    return timedelta(seconds=get_settings().park_max_age / 2)
