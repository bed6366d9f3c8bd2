"""The models of the label ``core``, each host's in a module of its own."""

from tests.hosts.core.learners import SiteConfiguration, User

__all__ = ["SiteConfiguration", "User"]
