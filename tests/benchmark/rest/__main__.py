"""The client: posts the grades of a stream, one after the other, over one connection.

As the LMS does by a task per grade, but for the task, the queue in front of it and the token.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from typing import Any

import requests

from tests.benchmark.stream import COURSE, Grade, Stream, warm_up

_WARM_UP = 100


def main() -> None:
    """Warm the server up, stop until somebody says go, and post the stream."""
    url, count, learners, start = sys.argv[1:]
    stream = Stream(int(count), int(learners), datetime.fromisoformat(start))
    with requests.Session() as session:
        for grade in warm_up(_WARM_UP):
            _post(session, url, grade)
        print("ready", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
        for grade in stream:
            _post(session, url, grade)


def _post(session: Any, url: str, grade: Grade) -> None:
    data = {
        "lms_user_id": grade.learner,
        "course_key": COURSE,
        "username": grade.username,
        "letter_grade": grade.letter,
        "percent_grade": grade.percent,
        "passed": grade.passed,
        "verified": True,
        "graded_at": grade.time.isoformat(),
    }
    session.post(url, json=data, timeout=30).raise_for_status()


if __name__ == "__main__":
    main()
