"""The room's destinations in the LMS, by consumer."""

_HOST = "enterprise_license_sync.hosts.lms"
DESTINATIONS = {
    "subscription-plans": f"{_HOST}.SUBSCRIPTION_PLANS",
    "licenses": f"{_HOST}.LICENSES",
    "licensed-enrollments": f"{_HOST}.LICENSED_ENROLLMENTS",
}
