"""The producer configuration that the plugin adds to Studio's settings.

Only ``EVENT_BUS_PRODUCER_CONFIG`` is touched; which bus, where it is and under which topic prefix
stay the operator's settings.
"""

from __future__ import annotations

from types import ModuleType

from shared.producing import add_producer_config

TOPIC = "course-catalog-info-changed"

# .. setting_name: EVENT_BUS_PRODUCER_CONFIG
#      ['org.openedx.content_authoring.course.catalog_info.changed.v1']
#      ['course-catalog-info-changed']['enabled']
# .. setting_default: True
# .. setting_description: Publishes COURSE_CATALOG_INFO_CHANGED after each publication of a course.
# .. setting_warning: Studio's own settings have this entry, turned off, and a value that is there
#      wins: the operator has to turn it on.

# .. setting_name: EVENT_BUS_PRODUCER_CONFIG['org.openedx.content_authoring.course.created.v1']
#      ['course-catalog-info-changed']['enabled']
# .. setting_default: True
# .. setting_description: Publishes COURSE_CREATED, where and with the kind of key that let it meet
#      the catalogue events of the same course run.

# .. setting_name: EVENT_BUS_PRODUCER_CONFIG
#      ['org.openedx.content_authoring.course.rerun.completed.v1']
#      ['course-catalog-info-changed']['enabled']
# .. setting_default: True
# .. setting_description: Publishes COURSE_RERUN_COMPLETED in the same way.
PRODUCER_CONFIG = {
    "org.openedx.content_authoring.course.catalog_info.changed.v1": {
        TOPIC: {"event_key_field": "catalog_info.course_key", "enabled": True},
    },
    "org.openedx.content_authoring.course.created.v1": {
        TOPIC: {"event_key_field": "course.course_key", "enabled": True},
    },
    "org.openedx.content_authoring.course.rerun.completed.v1": {
        TOPIC: {"event_key_field": "course.course_key", "enabled": True},
    },
}

BY_SERVICE = {
    "Studio": {
        **PRODUCER_CONFIG,
        # Studio's own entry wins, see above.
        "org.openedx.content_authoring.course.catalog_info.changed.v1": {
            TOPIC: {"event_key_field": "catalog_info.course_key", "enabled": False},
        },
    }
}
"""Which service publishes what, for the catalogue of events."""


def plugin_settings(settings: ModuleType) -> None:
    """Add this plugin's entries to Studio's settings; a value that is already there wins."""
    add_producer_config(settings, PRODUCER_CONFIG)
