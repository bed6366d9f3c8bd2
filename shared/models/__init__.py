"""What this project stores beside the rooms' rows: events that wait or died, counts, the shadow."""

from shared.models.applied import AppliedEvent
from shared.models.checkpoints import Checkpoint
from shared.models.counts import OutcomeCount
from shared.models.messages import DeadLetter, ParkedEvent, StoredMessage
from shared.models.minutes import Dashboard, WorkerMinute
from shared.models.repairs import Repair, RepairAction
from shared.models.retirement import RetiredLearner, RetirementGate
from shared.models.shadow import ShadowFailure, ShadowRecord

__all__ = [
    "AppliedEvent",
    "Checkpoint",
    "Dashboard",
    "DeadLetter",
    "OutcomeCount",
    "ParkedEvent",
    "Repair",
    "RepairAction",
    "RetiredLearner",
    "RetirementGate",
    "ShadowFailure",
    "ShadowRecord",
    "StoredMessage",
    "WorkerMinute",
]
