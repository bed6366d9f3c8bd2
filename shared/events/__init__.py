"""Events that openedx-events doesn't define (yet), one package per subdomain.

They are laid out as openedx-events lays out its own, so that one can move there without a change
to its consumers. ``schemas`` holds what each event looks like on the wire; a test keeps it true.

The ``Nullable`` types are those of optional fields, which need ``None`` as their default. A falsy
value of such a field arrives as ``None``.
"""

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

if TYPE_CHECKING:
    NullableDatetime: TypeAlias = datetime | None
    NullableInt: TypeAlias = int | None
    NullableStr: TypeAlias = str | None
    NullableUUID: TypeAlias = UUID | None
else:
    # openedx-events makes a field nullable by its ``default=None`` and can't read a union.
    NullableDatetime, NullableInt, NullableStr, NullableUUID = datetime, int, str, UUID
