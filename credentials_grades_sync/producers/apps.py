"""Tells the LMS what to connect and which settings to add: an edx-django-utils plugin.

The LMS finds this class by the entry point ``lms.djangoapp``; nothing is listed in its settings.
"""

from django.apps import AppConfig
from edx_django_utils.plugins import PluginSettings, PluginSignals

# openedx-events looks up every configured event type in its own ready(), which runs before that
# of any plugin: by then this import, made while the apps are being listed, has declared ours.
from shared.events.learning import signals as _signals  # noqa: F401

_LMS = "lms.djangoapp"


class CredentialsGradesSyncProducersConfig(AppConfig):
    """The producers' app: no models, one receiver, producer configuration."""

    name = "credentials_grades_sync.producers"
    label = "credentials_grades_sync_producers"
    verbose_name = "Credentials grades sync: producers"

    plugin_app = {
        # Not "common": some releases of the LMS assign EVENT_BUS_PRODUCER_CONFIG after that hook.
        # Not "test": the LMS's own tests publish nothing.
        PluginSettings.CONFIG: {
            _LMS: {
                "production": {PluginSettings.RELATIVE_PATH: "settings"},
                "devstack": {PluginSettings.RELATIVE_PATH: "settings"},
            },
        },
        PluginSignals.CONFIG: {
            _LMS: {
                PluginSignals.RELATIVE_PATH: "lms",
                PluginSignals.RECEIVERS: [
                    {
                        PluginSignals.RECEIVER_FUNC_NAME: "publish_course_grade",
                        PluginSignals.SIGNAL_PATH: (
                            "openedx.core.djangoapps.signals.signals.COURSE_GRADE_CHANGED"
                        ),
                    },
                ],
            },
        },
    }
