"""Course Discovery's walk: a course run's title, by its loader and by the bus."""

from __future__ import annotations

from datetime import datetime

from shared.messages import Event
from shared.testing import make_event
from tests.hosts.discovery.events import published
from tests.hosts.walks.description import Walk


def _event(value: str, time: datetime) -> Event:
    event = published(0, name=value)
    return make_event(event.signal, time=time, **event.data)


WALK = Walk(
    room="discovery_course_run_sync",
    group="discovery_course_run_sync",
    consumer="course-runs",
    consumers=("course-runs",),
    settings="course_discovery.settings.production",
    variable="DISCOVERY_CFG",
    block="yaml",
    # Its own handlers write to the system's log, which isn't everywhere.
    own={
        "LOGGING": {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {
                "console": {"class": "logging.StreamHandler"},
                "local": {"class": "logging.NullHandler"},
            },
            "root": {"handlers": ["console"], "level": "INFO"},
        }
    },
    event=_event,
    is_healed_by_rewind=False,
    supersedes="update_course_data_from_event",
)
