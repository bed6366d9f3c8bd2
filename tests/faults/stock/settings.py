"""Settings of the stock consumer's processes: those of the others, and the receivers' app."""

from tests.process_settings import *  # noqa: F403
from tests.process_settings import INSTALLED_APPS

# The tests' room acts in its own worker only, so here the receivers alone write.
INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.stock.apps.StockConfig"]
EVENT_BUS_CONSUMER = "edx_event_bus_kafka.KafkaEventConsumer"
