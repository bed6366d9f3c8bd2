"""The producer configuration of the services that publish this room's events.

Only ``EVENT_BUS_PRODUCER_CONFIG`` is touched; which bus, where it is and under which topic prefix
stay the operator's settings.
"""

from __future__ import annotations

from types import ModuleType

from shared.producing import add_producer_config

TOPIC = "enterprise-subscription-lifecycle"

# .. setting_name: EVENT_BUS_PRODUCER_CONFIG['org.openedx.enterprise.subscription_plan.<step>.v1']
#      ['enterprise-subscription-lifecycle']['enabled']
# .. setting_default: True
# .. setting_description: Publishes SUBSCRIPTION_PLAN_CREATED, _CHANGED, _EXPIRED, _RENEWED and
#      _DELETED. For License Manager or the provisioning service, by their own settings.

# .. setting_name: EVENT_BUS_PRODUCER_CONFIG['org.openedx.enterprise.license.<step>.v1']
#      ['enterprise-subscription-lifecycle']['enabled']
# .. setting_default: True
# .. setting_description: Publishes LICENSE_CREATED, _ASSIGNED, _ACTIVATED, _REVOKED, _EXPIRED,
#      _RENEWED and _DELETED. For License Manager or the provisioning service, by their own
#      settings.
PLAN_AND_LICENSE_CONFIG = {
    **{
        f"org.openedx.enterprise.subscription_plan.{step}.v1": {
            TOPIC: {"event_key_field": "subscription_plan.plan_uuid", "enabled": True},
        }
        for step in ("created", "changed", "expired", "renewed", "deleted")
    },
    **{
        f"org.openedx.enterprise.license.{step}.v1": {
            TOPIC: {"event_key_field": "license.plan_uuid", "enabled": True},
        }
        for step in (
            "created",
            "assigned",
            "activated",
            "revoked",
            "expired",
            "renewed",
            "deleted",
        )
    },
}

# .. setting_name: EVENT_BUS_PRODUCER_CONFIG
#      ['org.openedx.enterprise.licensed_enrollment.changed.v1']
#      ['enterprise-subscription-lifecycle']['enabled']
# .. setting_default: True
# .. setting_description: Publishes LICENSED_ENROLLMENT_CHANGED from an LMS that has edx-enterprise
#      and this room's tables.
ENROLLMENT_CONFIG = {
    "org.openedx.enterprise.licensed_enrollment.changed.v1": {
        TOPIC: {"event_key_field": "licensed_enrollment.plan_uuid", "enabled": True},
    },
}

BY_SERVICE = {"License Manager": PLAN_AND_LICENSE_CONFIG, "LMS": ENROLLMENT_CONFIG}
"""Which service publishes what, for the catalogue of events."""


def plugin_settings(settings: ModuleType) -> None:
    """Add the enrollments' entry to the LMS's settings; a value that is already there wins."""
    add_producer_config(settings, ENROLLMENT_CONFIG)
