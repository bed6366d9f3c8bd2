"""Settings of the stock consumer's processes: those of the others, and the receivers' app."""

from tests.process_settings import *  # noqa: F403
from tests.process_settings import INSTALLED_APPS

# The tests' room acts in its own worker only, so here the receivers alone write.
INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.stock.apps.StockConfig"]
EVENT_BUS_CONSUMER = "edx_event_bus_kafka.KafkaEventConsumer"
# That the rooms act in their own worker only is what this is for.
SILENCED_SYSTEM_CHECKS = ["event_sync.W001"]
