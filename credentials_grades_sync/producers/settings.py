"""The producer configuration that the plugin adds to the LMS's settings.

Only ``EVENT_BUS_PRODUCER_CONFIG`` is touched; which bus, where it is and under which topic prefix
stay the operator's settings.
"""

from __future__ import annotations

from types import ModuleType

from shared.producing import add_producer_config

TOPIC = "learning-course-grade-lifecycle"

# .. setting_name: EVENT_BUS_PRODUCER_CONFIG['org.openedx.learning.course.grade.changed.v1']
#      ['learning-course-grade-lifecycle']['enabled']
# .. setting_default: True
# .. setting_description: Publishes COURSE_GRADE_CHANGED. Installing the plugin is the opt-in.

# .. setting_name: EVENT_BUS_PRODUCER_CONFIG
#      ['org.openedx.learning.course.persistent_grade_summary.changed.v1']
#      ['learning-course-grade-lifecycle']['enabled']
# .. setting_default: False
# .. setting_description: Publishes PERSISTENT_GRADE_SUMMARY_CHANGED as well. It tells less about
#      the same grades, isn't sent for learners who never passed, and is sent before the commit.
PRODUCER_CONFIG = {
    "org.openedx.learning.course.grade.changed.v1": {
        TOPIC: {"event_key_field": "grade.user_id", "enabled": True},
    },
    "org.openedx.learning.course.persistent_grade_summary.changed.v1": {
        TOPIC: {"event_key_field": "grade.user_id", "enabled": False},
    },
}

BY_SERVICE = {"LMS": PRODUCER_CONFIG}
"""Which service publishes what, for the catalogue of events."""


def plugin_settings(settings: ModuleType) -> None:
    """Add this plugin's entries to the LMS's settings; a value that is already there wins."""
    add_producer_config(settings, PRODUCER_CONFIG)
