"""Makes the room known to the service that installs it."""

from django.apps import AppConfig


class EnterpriseLicenseSyncConfig(AppConfig):
    """Registers the room's consumers."""

    name = "enterprise_license_sync"
    verbose_name = "Enterprise license sync"

    def ready(self) -> None:
        """Register the consumers, parents first, and connect their receivers.

        In License Manager, also listen to what plans may wait for.
        """
        from enterprise_license_sync.consumers import (
            LICENSED_ENROLLMENTS,
            LICENSES,
            SUBSCRIPTION_PLANS,
        )
        from enterprise_license_sync.hosts.license_manager import waking
        from shared import registry

        registry.register(self.name, SUBSCRIPTION_PLANS, LICENSES, LICENSED_ENROLLMENTS)
        waking.connect()
