"""The room's destinations in License Manager, by consumer."""

_HOST = "enterprise_license_sync.hosts.license_manager"
DESTINATIONS = {
    "subscription-plans": f"{_HOST}.SUBSCRIPTION_PLANS",
    "licenses": f"{_HOST}.LICENSES",
    "licensed-enrollments": f"{_HOST}.LICENSED_ENROLLMENTS",
}
