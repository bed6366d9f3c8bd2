"""Under which username a learner's grades are kept in Credentials now.

An event's username may have been given up since, by a retirement or another change of name. So
what counts is who has the LMS user id; the event's name is only for whom Credentials doesn't know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credentials_grades_sync.hosts.credentials.host import fold, found, rows_of, spelled
from credentials_grades_sync.records import UserGradeRecord


@dataclass(frozen=True, slots=True)
class Learners:
    """The users of Credentials that some records may be about."""

    by_id: Mapping[int, list[Any]]
    by_name: Mapping[str, list[Any]]

    @classmethod
    def of(cls, records: Sequence[UserGradeRecord], *, lock: bool) -> Learners:
        """Return whom the records may be about; locked, they keep their names until the commit."""
        users = rows_of("core.User")
        names = {record.username for record in records if record.username is not None}
        known = users.filter(lms_user_id__in={record.lms_user_id for record in records})
        by_id, by_name = defaultdict(list), defaultdict(list)
        for user in found(known, spelled(users, "username", names), lock=lock):
            by_id[user.lms_user_id].append(user)
            by_name[fold(user.username)].append(user)
        return cls(by_id, by_name)

    def knows(self, record: UserGradeRecord) -> bool:
        """Return whether anybody in Credentials has the LMS user id."""
        return record.lms_user_id in self.by_id

    def username_of(self, record: UserGradeRecord) -> str | None:
        """Return the learner's username, or None as long as it is anybody's guess.

        It is where several have the LMS user id and not just one of them the event's name, where
        the name is another learner's, and where the event has none.
        """
        learners = self.by_id.get(record.lms_user_id, [])
        if len(learners) == 1:
            return str(learners[0].username)
        if record.username is None:
            return None
        namesakes = self.by_name.get(fold(record.username), [])
        if not learners and not namesakes:
            return record.username
        lms_user_id = record.lms_user_id if learners else None
        own = [user for user in namesakes if user.lms_user_id == lms_user_id]
        return str(own[0].username) if len(own) == 1 else None
