"""Who goes through the faults: this project's worker, and beside it the stock consumer."""

from __future__ import annotations

from tests.benchmark.contestants import Contestant

OURS = Contestant(
    "this worker",
    lambda topic, group: ["run_consumers", "tests.testapp"],
    {"DJANGO_SETTINGS_MODULE": "tests.process_settings"},
)
STOCK = Contestant(
    "stock consumer",
    lambda topic, group: ["consume_events", "-t", topic, "-g", group],
    {"DJANGO_SETTINGS_MODULE": "tests.faults.stock.settings"},
)
