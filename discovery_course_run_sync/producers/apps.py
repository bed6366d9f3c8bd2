"""Tells Studio which settings to add: an edx-django-utils plugin.

Studio finds this class by the entry point ``cms.djangoapp``; nothing is listed in its settings. It
emits the events by itself, so there is nothing to connect.
"""

from django.apps import AppConfig
from edx_django_utils.plugins import PluginSettings


class DiscoveryCourseRunSyncProducersConfig(AppConfig):
    """The producers' app: no models, producer configuration."""

    name = "discovery_course_run_sync.producers"
    label = "discovery_course_run_sync_producers"
    verbose_name = "Discovery course run sync: producers"

    plugin_app = {
        # Not "common": Studio assigns EVENT_BUS_PRODUCER_CONFIG after that hook.
        # Not "test": Studio's own tests publish nothing.
        PluginSettings.CONFIG: {
            "cms.djangoapp": {
                "production": {PluginSettings.RELATIVE_PATH: "settings"},
                "devstack": {PluginSettings.RELATIVE_PATH: "settings"},
            },
        },
    }
