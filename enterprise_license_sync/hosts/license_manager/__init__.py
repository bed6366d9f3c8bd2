"""Writes plans and licenses to License Manager's own tables, as License Manager itself would.

``EVENT_SYNC['DESTINATIONS']`` names these three, see ``docs/how_to/install_in_license_manager.md``.
"""

from enterprise_license_sync.hosts.license_manager.enrollments import LICENSED_ENROLLMENTS
from enterprise_license_sync.hosts.license_manager.licenses import LICENSES
from enterprise_license_sync.hosts.license_manager.plans import SUBSCRIPTION_PLANS

__all__ = ["LICENSED_ENROLLMENTS", "LICENSES", "SUBSCRIPTION_PLANS"]
