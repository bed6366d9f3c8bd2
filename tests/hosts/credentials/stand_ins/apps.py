"""The stand-ins are applications with the labels of the service's own."""

from django.apps import AppConfig

_HERE = "tests.hosts.credentials.stand_ins"


class CatalogConfig(AppConfig):
    """Stands in for ``credentials.apps.catalog``."""

    name = f"{_HERE}.catalog"
    label = "catalog"


class RecordsConfig(AppConfig):
    """Stands in for ``credentials.apps.records``."""

    name = f"{_HERE}.records"
    label = "records"
