"""A Kafka-protocol broker and a schema registry inside this process, for the demo and the tests.

They exist so that nothing but Python is needed to run the project's main job with the real
clients over real sockets. They are not for production: both keep everything in memory and forget it
at exit.
"""

from shared.embedded.broker import EmbeddedBroker, EmbeddedBrokerUnavailable
from shared.embedded.registry import EmbeddedRegistry

__all__ = ["EmbeddedBroker", "EmbeddedBrokerUnavailable", "EmbeddedRegistry"]
