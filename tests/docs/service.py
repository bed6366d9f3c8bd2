"""What the reader of a page has: a service with the rooms, its database, and a bus with events.

``prepare`` gives it what a block is about: letters and parked events of the ids that pages name.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from threading import Event, Thread
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from waffle.models import Switch

from shared import registry
from shared.messages import Message
from shared.models import DeadLetter, OutcomeCount, ParkedEvent
from shared.testing.factories.enterprise import (
    PLAN,
    LicensedEnrollmentFactory,
    LicenseFactory,
    SubscriptionPlanFactory,
)
from tests.cluster import Cluster
from tests.docs.blocks import Block
from tests.docs.shell import Command, Shell
from tests.grades import COURSE, ROOM, START, TOPIC, Grade
from tests.listing import KEY, SECRET
from tests.processes import ROOT
from tests.snapshots import as_row, written

USER, PASSWORD = "ada", "correct horse battery staple"
LEARNER = {"username": "learner-1-0", "email": "learner@example.com", "lms_user_id": 1}
LETTERS = (4711, 4712)
OLD_LETTER = 5
WAITING = 4711
FOR_WORKERS = ("run_consumers", "consume_events")
ERROR = re.compile(r"--error (\w+)")
SWITCH = f"event_sync.pause_{ROOM}"


class Service:
    """A folder with ``manage.py`` and the files that pages name, and all that it is about."""

    def __init__(self, folder: Path, cluster: Cluster, names: dict[str, str]) -> None:
        self._cluster = cluster
        for topic in {topic for room in registry.rooms() for topic in room.topics} - {TOPIC}:
            cluster.broker.create_topic(topic)
        shutil.copy(ROOT / "manage.py", folder)
        _export(folder)
        rooms = [room.name for room in registry.rooms() if room.name.endswith("_sync")]
        environment = cluster.environment(
            DJANGO_SETTINGS_MODULE="tests.docs.service_settings",
            PYTHONPATH=ROOT,
            ROOMS=len(rooms),
            COURSES_API=f"{names['https://lms.example.com']}/api/courses/v1/courses/",
            BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL=f"{names['https://lms.example.com']}/oauth2",
            BACKEND_SERVICE_EDX_OAUTH2_KEY=KEY,
            BACKEND_SERVICE_EDX_OAUTH2_SECRET=SECRET,
        )
        self._seconds = count(60)
        self._shell = Shell(folder, environment, {**names, "ROOM": ROOM})

    def run(self, block: Block) -> list[Command]:
        """Run a block in the situation that it is for."""
        self._prepare(block)
        event_sync = {"MODES": {"user-grades": "shadow"}} if "shadow" in block.text else {}
        typed = f"{PASSWORD}\n"
        environment = {"EVENT_SYNC": json.dumps(event_sync)}
        if not any(name in block.text for name in FOR_WORKERS):
            return self._shell.run(block, typed=typed, **environment)
        with self._publishing():
            return self._shell.run(block, typed=typed, **environment)

    def _prepare(self, block: Block) -> None:
        """Let there be what the block is about, whatever was done to it before."""
        with self._cluster.connected():
            named = ERROR.search(block.text)
            self._fail(named[1] if named else "IntegrityError")
            self._count(timezone.now() - timedelta(days=100))
            if "waffle_switch" in block.text:
                Switch.objects.update_or_create(name=SWITCH, defaults={"active": True})
            if f"-u {USER}" in block.text and not User.objects.filter(username=USER).exists():
                User.objects.create_superuser(USER, password=PASSWORD)

    def _fail(self, error: str) -> None:
        """Keep dead letters, one of them old, and a parked event, and no others."""
        DeadLetter.objects.all().delete()
        ParkedEvent.objects.all().delete()
        for number in (*LETTERS, OLD_LETTER):
            self._bury(number, error)
        long_ago = timezone.now() - timedelta(days=200)
        DeadLetter.objects.filter(pk=OLD_LETTER).update(buried_at=long_ago)
        self._park(WAITING)

    def _count(self, minute: datetime) -> None:
        """Keep what a worker that is gone has counted."""
        OutcomeCount.objects.filter(worker="gone").delete()
        OutcomeCount.objects.create(
            worker="gone", room=ROOM, consumer="user-grades", minute=minute, applied=1
        )

    def _bury(self, number: int, error: str) -> None:
        DeadLetter.objects.create(
            pk=number,
            error=f"{error}: what went wrong",
            buried_at=timezone.now(),
            **self._stored(number),
        )

    def _park(self, number: int) -> None:
        ParkedEvent.objects.create(
            pk=number,
            waiting_for="users:somebody",
            parked_at=timezone.now(),
            retry_at=timezone.now() + timedelta(days=1),
            **self._stored(number + 1000),
        )

    def _stored(self, number: int) -> dict[str, Any]:
        event = self._grade(number % 7 + 1).event()
        said = event.message
        message = Message(
            topic=TOPIC,
            partition=0,
            offset=number + 1_000_000,
            key=None,
            value=self._cluster.frame(event),
            headers=said.headers,
            timestamp=said.timestamp,
        )
        return {
            "room": ROOM,
            "consumer": "user-grades",
            "event_type": event.signal.event_type,
            "event_id": str(event.metadata.id),
            **DeadLetter.columns_of(message),
        }

    def _grade(self, learner: int) -> Grade:
        """Return a grade that is newer than, and another than, all before."""
        second = next(self._seconds)
        return Grade(learner=learner, second=second, percent=second % 101)

    @contextmanager
    def _publishing(self) -> Iterator[None]:
        """Publish a grade from time to time, so that each worker has something to settle."""
        is_over, learners = Event(), cycle(range(1, 10))

        def publish() -> None:
            while not is_over.wait(0.2):
                self._cluster.publish(self._grade(next(learners)))

        thread = Thread(target=publish)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


def _export(folder: Path) -> None:
    """Write what the pages' exports make, and who retires."""
    grade = {
        "user_id": 1,
        "username": LEARNER["username"],
        "course_key": COURSE,
        "percent_grade": 0.7,
        "letter_grade": "Pass",
        "passed": True,
        "verified": True,
        "modified": START.isoformat(),
    }
    license_ = LicenseFactory(plan_uuid=PLAN, lms_user_id=7)
    enrollment = LicensedEnrollmentFactory(license_uuid=license_.license_uuid, lms_user_id=7)
    written(folder / "grades.jsonl", [grade])
    written(folder / "learners.jsonl", [LEARNER])
    written(folder / "plans.jsonl", [as_row(SubscriptionPlanFactory(plan_uuid=PLAN))])
    written(folder / "licenses.jsonl", [as_row(license_)])
    written(folder / "enrollments.jsonl", [as_row(enrollment)])
