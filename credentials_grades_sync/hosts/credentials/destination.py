"""The way of a record into Credentials: its runs, its learner, its rows.

Credentials' own REST view isn't taken: it knows one site, and overwrites whatever is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from credentials_grades_sync.hosts.credentials.grades import (
    Grade,
    GradeKey,
    grades_of,
    new_grade,
    save,
)
from credentials_grades_sync.hosts.credentials.host import CREDENTIALS, fold
from credentials_grades_sync.hosts.credentials.learners import Learners
from credentials_grades_sync.hosts.credentials.options import Keep, Options
from credentials_grades_sync.hosts.credentials.runs import runs_by_key
from credentials_grades_sync.hosts.credentials.strangers import (
    StrangersGrade,
    remember,
    remembered,
)
from credentials_grades_sync.records import UserGradeRecord
from shared.hosts import HostDestination
from shared.outcomes import Held, MissingParent, Outcome, WriteResult
from shared.records import PositionedRecord


@dataclass(frozen=True, slots=True)
class Target:
    """Where a grade goes: a username as Credentials spells it, and the ids of runs.

    ``stranger`` is the learner's LMS user id if Credentials doesn't know it.
    """

    username: str
    runs: tuple[int, ...]
    stranger: int | None

    @property
    def keys(self) -> list[GradeKey]:
        """The grades that are meant."""
        return [(fold(self.username), run) for run in self.runs]

    @property
    def strangers_grades(self) -> list[StrangersGrade]:
        """The same, of a learner whom Credentials doesn't know."""
        return [] if self.stranger is None else [(self.stranger, run) for run in self.runs]


Aim: TypeAlias = Target | MissingParent | None
"""Where a grade goes, or what it waits for; None if it isn't wanted."""

_STRONGEST_FIRST = (Outcome.APPLIED, Outcome.UNCHANGED, Outcome.STALE, Outcome.FILTERED)

Grades: TypeAlias = dict[GradeKey, list[Grade]]
"""The grades that are meant; a key has two where usernames may differ in case only."""


def write_user_grades(
    records: Sequence[PositionedRecord[UserGradeRecord]], options: Options
) -> list[WriteResult]:
    """Write grades to every run that bears their key; each row follows its newest time.

    Raises ``TransientError`` if somebody else inserts one of them meanwhile, ``ConfigurationError``
    for a site that isn't there, and the database's own errors.
    """
    aims = _aims([item.record for item in records], options, lock=True)
    grades = _grades(aims, lock=True)
    strangers = {each for aim in aims if isinstance(aim, Target) for each in aim.strangers_grades}
    had = remembered(strangers)
    results = [_settle(item, aim, grades, had) for item, aim in zip(records, aims, strict=True)]
    save([grade for key in sorted(grades) for grade in grades[key]])
    remember(sorted(strangers - had))
    return results


def read_user_grades(records: Sequence[UserGradeRecord], options: Options) -> list[Held]:
    """Return what Credentials has; of several rows, what the one says that is furthest behind."""
    aims = _aims(records, options, lock=False)
    grades = _grades(aims, lock=False)
    return [_held(aim, grades) for aim in aims]


USER_GRADES = HostDestination(
    consumer="user-grades",
    host=CREDENTIALS,
    options=Options,
    write=write_user_grades,
    read=read_user_grades,
)
"""What ``EVENT_SYNC['DESTINATIONS']['user-grades']`` names in Credentials."""


def _aims(records: Sequence[UserGradeRecord], options: Options, *, lock: bool) -> list[Aim]:
    runs = runs_by_key({record.course_key for record in records}, options)
    learners = Learners.of([r for r in records if fold(r.course_key) in runs], lock=lock)
    return [_aim(record, runs, learners, options) for record in records]


def _aim(
    record: UserGradeRecord,
    runs: Mapping[str, tuple[int, ...]],
    learners: Learners,
    options: Options,
) -> Aim:
    ids = runs.get(fold(record.course_key))
    if ids is None:
        is_awaited = options.keep == Keep.ALL
        return MissingParent("catalog.CourseRun", (record.course_key,)) if is_awaited else None
    username = learners.username_of(record)
    if username is None:
        return MissingParent("core.User", (record.lms_user_id,))
    return Target(username, ids, None if learners.knows(record) else record.lms_user_id)


def _grades(aims: Iterable[Aim], *, lock: bool) -> Grades:
    targets = [aim for aim in aims if isinstance(aim, Target)]
    grades: Grades = {key: [] for target in targets for key in target.keys}
    names = {target.username for target in targets}
    for grade in grades_of(names, {run for _, run in grades}, lock=lock):
        if grade.key in grades:
            grades[grade.key].append(grade)
    return grades


def _settle(
    item: PositionedRecord[UserGradeRecord],
    aim: Aim,
    grades: Grades,
    had: Collection[StrangersGrade],
) -> WriteResult:
    """Let each grade that is meant follow one event in memory; the strongest outcome counts."""
    if not isinstance(aim, Target):
        return aim or Outcome.FILTERED
    outcomes = set()
    for key in aim.keys:
        outcomes |= {grade.follow(item) for grade in grades[key]}
        if grades[key]:
            continue
        if (aim.stranger, key[1]) in had:
            outcomes.add(Outcome.FILTERED)  # it is kept by another name now
            continue
        grades[key].append(new_grade(item, aim.username, key[1]))
        outcomes.add(Outcome.APPLIED)
    return next(outcome for outcome in _STRONGEST_FIRST if outcome in outcomes)


def _held(aim: Aim, grades: Grades) -> Held:
    if not isinstance(aim, Target):
        return None if aim else Outcome.FILTERED
    of_each_run = [grades[key] for key in aim.keys]
    if not all(of_each_run):
        return None
    never = datetime.min.replace(tzinfo=UTC)
    behind = min(
        (grade for each in of_each_run for grade in each),
        key=lambda grade: grade.row.lms_last_updated_at or never,
    )
    return behind.values
