"""Connects the receivers of whichever service installs it: License Manager or the LMS.

The LMS finds this class by the entry point ``lms.djangoapp``, and has its settings from it, too.
License Manager has no plugins: there the app is listed in the settings.
"""

from django.apps import AppConfig, apps
from edx_django_utils.plugins import PluginSettings

# openedx-events looks up every configured event type in its own ready(), which may run before
# ours: by then this import, made while the apps are being listed, has declared them.
from shared.events.enterprise import signals as _signals  # noqa: F401


class EnterpriseLicenseSyncProducersConfig(AppConfig):
    """The producers' app: no models, receivers, producer configuration."""

    name = "enterprise_license_sync.producers"
    label = "enterprise_license_sync_producers"
    verbose_name = "Enterprise license sync: producers"

    plugin_app = {
        # Not "common": some releases of the LMS assign EVENT_BUS_PRODUCER_CONFIG after that hook.
        # Not "test": the LMS's own tests publish nothing.
        PluginSettings.CONFIG: {
            "lms.djangoapp": {
                "production": {PluginSettings.RELATIVE_PATH: "settings"},
                "devstack": {PluginSettings.RELATIVE_PATH: "settings"},
            },
        },
    }

    def ready(self) -> None:
        """Connect what this service has the models for.

        Not by the plugin's configuration: an LMS that installs this package for another room's
        sake may have neither edx-enterprise nor this room's tables, and has to start all the same.
        """
        if apps.is_installed("license_manager.apps.subscriptions"):
            from enterprise_license_sync.producers import license_manager

            license_manager.connect()
        if apps.is_installed("enterprise") and apps.is_installed(
            "enterprise_license_sync.standalone"
        ):
            from enterprise_license_sync.producers import lms

            lms.connect()
