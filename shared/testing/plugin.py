"""The pytest plugin; installing the package is enough (entry point ``pytest11``).

It imports neither Django nor anything that is tested until a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shared.testing import EmbeddedBus, InMemoryBus

# Before anybody imports them: their assertions are to show values.
pytest.register_assert_rewrite("shared.testing.contract", "shared.testing.trial")


@pytest.fixture
def event_bus() -> InMemoryBus:
    """An event bus in memory: publish(signal, **data), then run(room). To run needs ``db``."""
    from shared.testing import InMemoryBus

    return InMemoryBus()


@pytest.fixture
def embedded_bus() -> Iterator[EmbeddedBus]:
    """A Kafka-protocol broker and a schema registry on free ports, and the stock producer.

    publish(signal, **data), then run(room), which is the real worker. To run needs
    ``transactional_db``. No Docker.
    """
    from shared.testing.embedded import running_bus

    with running_bus() as bus:
        yield bus
