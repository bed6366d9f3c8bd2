"""The models of the label ``core``, each host's in a module of its own."""

from tests.hosts.core.learners import SiteConfiguration, User
from tests.hosts.core.partner import Partner

__all__ = ["Partner", "SiteConfiguration", "User"]
