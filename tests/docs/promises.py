"""What the pages say of a command's status and output, by what stands in its line.

Where a page says nothing, a command ends with 0.
"""

from __future__ import annotations

import re

from tests.docs.shell import Command

MAY_END_WITH = {
    "sync_status": {0, 1},  # there may be something to look at
    "shadow_report": {0, 1},  # not all has to agree
    "reconcile (?!.*--repair)": {0, 1},  # nor here
}
PRINTS = {
    "list_consumers": r"credentials_grades_sync.*user-grades.*learning-course-grade-lifecycle",
    r"run_consumers (?!--all).*": "worker.started(?s:.*)worker.stopped",
    "run_consumers --all": r"(?:worker\.started(?s:.*)){3}",
    "run_consumers .*--shadow": r"batch\.committed room=\S+-shadow",
    "run_consumers .*--port": r"endpoint\.served .*port=\d+",
    "consume_events": "batch.committed room=credentials_grades_sync .*applied=",
    "shadow_report .*sync$": r"user-grades +│ [1-9]",
    "shadow_report .*--json": r'^\{"room": "credentials_grades_sync".*"records": [1-9]',
    r"sync_status(?!.*--json)": "lag (?s:.*)Dead letters of user-grades: 3",
    r"sync_status .*--ask-broker --json": r'"lag": \d+,.*"dead": \{"count": 3',
    "waffle_switch": r"^$",
    "dead_letters list": r"4711 .*Error(?s:.*)3 of 3 dead letters",
    "dead_letters show 4711": "error: IntegrityError(?s:.*)headers: .*ce_id",
    "dead_letters replay (?!.*--apply)": r"3 match\. Nothing was changed; .*add --apply",
    "dead_letters replay .*--apply": r"applied +│ 3 ",
    "dead_letters discard --id 4711 4712": r"discarded +│ 2 ",
    "dead_letters discard --id 4711 --reason": r"discarded +│ 1 ",
    "dead_letters prune": r"pruned +│ 1 ",
    "parked list": r"4711 (?s:.*)1 of 1 parked events",
    "parked retry": r"due +│ 1 ",
    "parked bury": r"buried +│ 1 ",
    "prune_event_sync$": r"dead-letters +│ 180 +│ 1 +│ 0 (?s:.*)Nothing was changed; .*--apply",
    "prune_event_sync --apply": r"dead-letters +│ 180 +│ 1 +│ 1 ",
    "prune_event_sync --kind counts": r"counts +│ 30 ",
    "retire_learners (?!.*--apply)": r"dead letters +│ 1 (?s:.*)Nothing was changed",
    "retire_learners .*--apply": "^1 retired; events that name them are kept out",
    "backfill (?!.*--apply)": r"1 rows: .*1 missing.*Nothing was changed\.",
    "backfill credentials_grades_sync .*--apply$": "1 rows: 1 applied",
    "backfill credentials_grades_sync .*--rate": "1 rows: 1 unchanged",
    "backfill enterprise_license_sync": "1 rows: 1 applied",
    "reconcile (?!.*--repair)": "1 rows: .*1 missing",
    "reconcile .*--repair --apply": r"Repaired: (?:1 applied|nothing)\.",
    "curl .*dead-letters/.error": r'\{"matched":3,.*"results":\[\{"id":5,',
    "curl .*dead-letters/replay/": r'"applied":true,"matched":3,"results":\{"applied":3\}',
}

NEVER = re.compile(r"learner-\d+-\d|learner@example\.com")
"""Names of learners, which no command of the pages prints."""


def broken(command: Command) -> list[str]:
    """Say, line by line, what a command should have done otherwise."""
    allowed = next((n for part, n in MAY_END_WITH.items() if re.search(part, command.line)), {0})
    problems = []
    if command.status not in allowed:
        problems.append(f"{command.line!r} ended with {command.status}")
    if NEVER.search(command.output):
        problems.append(f"{command.line!r} printed the name of a learner")
    for part, pattern in PRINTS.items():
        if re.search(part, command.line) and not re.search(pattern, command.output, re.MULTILINE):
            problems.append(f"{command.line!r} printed nothing like {pattern!r}")
    return problems
