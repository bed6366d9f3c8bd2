"""Ends, in the LMS, the enrollments that a license no longer pays for, as edx-enterprise ends them.

The LMS has no tables of plans and licenses. The room's own (``standalone``) hold them, guard the
order, and say what is over. ``EVENT_SYNC['DESTINATIONS']`` names these three, see
``docs/how_to/install_in_lms.md``.
"""

from enterprise_license_sync.hosts.lms.enrollments import LICENSED_ENROLLMENTS
from enterprise_license_sync.hosts.lms.licenses import LICENSES
from enterprise_license_sync.hosts.lms.plans import SUBSCRIPTION_PLANS

__all__ = ["LICENSED_ENROLLMENTS", "LICENSES", "SUBSCRIPTION_PLANS"]
