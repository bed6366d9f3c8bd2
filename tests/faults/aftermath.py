"""What is to be found after every fault, however bad: all that was promised, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from tests.faults.arena import STUCK, Arena
from tests.faults.stream import Expected, Landed, Place, Table, expected, row_key
from tests.processes import Process

_MOST = 5
_OUTCOMES = ("applied", "unchanged", "stale", "filtered", "ignored", "parked", "dead")


@dataclass(frozen=True)
class Damage:
    """What a contestant has lost and spoilt of the messages that its group has passed."""

    lost: int
    """Shelves and books of which nothing is left, though they could be stored."""
    bad_lost: int
    """Events that can't be read or stored, or whose shelf never came, and that nothing keeps."""
    wrong: int
    """Rows that say anything but their newest event."""
    uncommitted: int
    """Messages that the group hasn't passed: they are still to be had."""


def assert_flawless(arena: Arena, *, ended: int = 0, **environment: Any) -> None:
    """Assert every promise, once all is drained; then run a second time, and nothing changes.

    So many workers have ``ended`` by themselves, as the fault wanted it.
    """
    is_drained = arena.drain()
    by_themselves = [w for w in arena.workers if w.has_ended and not w.was_told_to_end]
    assert len(by_themselves) == ended, "\n\n".join(worker.tail for worker in by_themselves)
    problems = _problems(arena, expected(arena.landed)) if is_drained else ["It got stuck."]
    assert not problems, "\n".join([*problems, arena.logs()])
    for worker in arena.workers:
        if not worker.has_ended:
            # The last one may find nothing to do; before it listens to signals they end it.
            worker.wait_for("worker.started")
            assert worker.stop() == 0, worker.tail
    assert_second_run_changes_nothing(arena, **environment)


def assert_second_run_changes_nothing(arena: Arena, **environment: Any) -> None:
    """Assert that a group that starts anew finds each event settled, and leaves all as it is."""
    before, counts = kept(arena), outcomes(arena)
    worker = _again(arena, environment)
    now = outcomes(arena)
    changes = {name: now[name] - counts[name] for name in _OUTCOMES}
    assert worker.stop() == 0, worker.tail
    assert changes["applied"] == 0, changes
    assert sum(changes.values()) == len(arena.landed), changes
    assert kept(arena) == before


def _again(arena: Arena, environment: Mapping[str, Any]) -> Process:
    """Return a worker of another group, once it has committed everything."""
    worker = arena.start(group=f"{arena.group}-again", **environment)
    assert arena.drain(f"{arena.group}-again"), worker.tail
    return worker


def damage(arena: Arena) -> Damage:
    """Return what became of the stream, whoever consumed it."""
    model, rows, committed = expected(arena.landed), _rows(arena), arena.committed()
    passed = passed_by(arena)
    kept = dead_letters(arena) | _places(arena, "event_sync_parkedevent")
    gone = [each for each in passed if (each.partition, each.offset) not in kept]
    troubles = model.dead | model.parked
    missing, by_now = model.rows.keys() - rows.keys(), expected(passed).rows
    return Damage(
        lost=sum(1 for said, *_ in gone if row_key(said) in missing),
        bad_lost=sum(1 for _, *place in gone if tuple(place) in troubles),
        wrong=sum(
            1 for key, row in rows.items() if row not in (by_now.get(key), model.rows.get(key))
        ),
        uncommitted=sum(end - committed.get(part, 0) for part, end in arena.ends().items()),
    )


def passed_by(arena: Arena) -> list[Landed]:
    """Return the messages that the group has passed."""
    committed = arena.committed()
    return [each for each in arena.landed if each.offset < committed.get(each.partition, 0)]


def dead_letters(arena: Arena) -> set[Place]:
    """Return the places of what is buried."""
    return _places(arena, "event_sync_deadletter")


def _problems(arena: Arena, model: Expected) -> list[str]:
    """Return what is wrong, once what was parked for a while has had its time."""
    until = monotonic() + STUCK
    while _places(arena, "event_sync_parkedevent") != model.parked and monotonic() < until:
        sleep(0.1)
    counted = sum(outcomes(arena).values())
    return [
        *_differing(model.rows, _rows(arena)),
        *_misplaced("parked", model.parked, _places(arena, "event_sync_parkedevent")),
        *_misplaced("buried", model.dead, dead_letters(arena)),
        *([f"only {counted} outcomes"] if counted < len(arena.landed) else []),
    ]


def _differing(wanted: Table, found: Table) -> Iterator[str]:
    keys = [key for key in {**wanted, **found} if wanted.get(key) != found.get(key)]
    for key in keys[:_MOST]:
        yield f"{key} is {found.get(key)}, not {wanted.get(key)}"
    if len(keys) > _MOST:
        yield f"… {len(keys)} rows differ"


def _misplaced(how: str, wanted: set[Place], found: set[Place]) -> Iterator[str]:
    for what, places in (("not ", wanted - found), ("", found - wanted)):
        if places:
            yield f"{len(places)} are {what}{how}: {sorted(places)[:_MOST]}"


def outcomes(arena: Arena) -> dict[str, int]:
    """Return how many deliveries ended how; redelivered ones count again."""
    columns = ", ".join(f"coalesce(sum({name}), 0)" for name in _OUTCOMES)
    (row,) = arena.query(f"SELECT {columns} FROM event_sync_outcomecount")
    return {name: int(count) for name, count in zip(_OUTCOMES, row, strict=True)}


def _rows(arena: Arena) -> Table:
    shelves = arena.query("SELECT code, label FROM testapp_shelf")
    books = arena.query("SELECT isbn, title, price, shelf_id FROM testapp_book")
    rows = [("shelf", *shelf) for shelf in shelves] + [("book", *book) for book in books]
    return {(what, key): tuple(row) for what, key, *row in rows}


def _places(arena: Arena, table: str) -> set[Place]:
    quote = arena.server.quote
    columns = f"{quote}partition{quote}, {quote}offset{quote}"
    return {(int(p), int(o)) for p, o in arena.query(f"SELECT {columns} FROM {table}")}


def kept(arena: Arena) -> Iterable[Any]:
    """Return all that a second run must leave as it is, times of change included."""
    rows = [arena.query(f"SELECT * FROM {t} ORDER BY 1") for t in ("testapp_shelf", "testapp_book")]
    places = [_places(arena, t) for t in ("event_sync_parkedevent", "event_sync_deadletter")]
    return [*rows, *places]
