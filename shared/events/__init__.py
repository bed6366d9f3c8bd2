"""Events that openedx-events doesn't define (yet), one package per subdomain.

They are laid out as openedx-events lays out its own, so that one can move there without a change
to its consumers. ``schemas`` holds what each event looks like on the wire; a test keeps it true.
"""

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    NullableDatetime: TypeAlias = datetime | None
else:
    # openedx-events makes a field nullable by its ``default=None`` and can't read a union.
    NullableDatetime = datetime
"""The type of an optional time in an event's data; the field needs ``None`` as its default."""
