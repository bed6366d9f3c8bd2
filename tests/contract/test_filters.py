"""What a service filters out by its settings leaves no trace, whatever the consumer wants."""

from __future__ import annotations

import pytest

from shared.models import DeadLetter, ParkedEvent
from shared.outcomes import Outcome
from shared.testing import deliver, make_event
from tests.contract.catalogue import each_sample

pytestmark = pytest.mark.django_db


def want_nothing(data, metadata):
    """Want no event."""
    return False


@each_sample
def test_filter_of_the_service_leaves_no_trace(settings, sample):
    """Nor do events wait for their parents that aren't wanted."""
    filters = {sample.consumer.name: [f"{__name__}.want_nothing"]}
    settings.EVENT_SYNC = settings.EVENT_SYNC | {"FILTERS": filters}
    result = deliver(sample.room, make_event(sample.signal, **sample.data()))
    assert [ending.outcome for ending in result.endings] == [Outcome.FILTERED]
    for model in (sample.model, DeadLetter, ParkedEvent):
        assert not model._default_manager.exists()
