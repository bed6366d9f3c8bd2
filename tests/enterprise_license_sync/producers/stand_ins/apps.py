"""The stand-ins are applications with the labels of the services' own."""

from django.apps import AppConfig

_HERE = "tests.enterprise_license_sync.producers.stand_ins"


class SubscriptionsConfig(AppConfig):
    """Stands in for License Manager's ``license_manager.apps.subscriptions``."""

    name = f"{_HERE}.subscriptions"
    label = "subscriptions"


class EnterpriseConfig(AppConfig):
    """Stands in for edx-enterprise's ``enterprise``."""

    name = f"{_HERE}.enterprise"
    label = "enterprise"


class StudentConfig(AppConfig):
    """Stands in for the LMS's ``common.djangoapps.student``."""

    name = f"{_HERE}.student"
    label = "student"
