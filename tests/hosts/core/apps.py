"""The stand-in is an application with the label of the hosts' own."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Stands in for ``core`` of Credentials and of Course Discovery."""

    name = "tests.hosts.core"
    label = "core"
