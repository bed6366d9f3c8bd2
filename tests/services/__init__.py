"""Real servers for the tests, without Docker: Kafka, a schema registry, PostgreSQL and MariaDB.

``make services`` starts them, ``running()`` gives handles on them; see docs/how_to/real_servers.md.
Linux only. It runs before anything is installed, so it imports nothing but Python's own library;
the one exception is ``tests.services.topics``. It knows neither the project nor its tests.
"""

from tests.services.server import Server, ServerError
from tests.services.stack import NotRunning, Services, running

__all__ = ["NotRunning", "Server", "ServerError", "Services", "running"]
