"""What License Manager does after a row has changed, as the last act of writing that row's event.

It is inside the transaction: what Celery's broker hasn't taken isn't lost, for then the event isn't
taken either and is tried again. The price is that an act may be done twice, where the transaction
comes to nothing after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias
from uuid import UUID

from django.db import transaction

from shared.logging import Action, Log
from shared.reactions import Reaction, describe, origin, reaction_to

Act: TypeAlias = tuple[UUID, Callable[[], object]]
"""The plan or license that it is about, and what to do."""

log = Log(__name__)


def do(acts: Sequence[Act]) -> None:
    """Do what is left to do. Raises what waiting may mend, and what shall stop the worker.

    What else is wrong, such as an error in License Manager's code, would be wrong each time. It
    doesn't take back what the row's event has changed: it is logged, for a person to see to.
    """
    for uuid, act in acts:
        try:
            with transaction.atomic():
                act()
        except Exception as error:
            if reaction_to(error) is not Reaction.ISOLATE or transaction.get_rollback():
                raise
            log.warning(
                Action.FOLLOW_UP_FAILED, uuid=uuid, error=describe(error), origin=origin(error)
            )
