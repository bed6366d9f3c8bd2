"""The tests' events."""

import attr
from openedx_events.tooling import OpenEdxPublicSignal


@attr.s(frozen=True)
class ShelfData:
    """A shelf, whole."""

    code = attr.ib(type=str)
    label = attr.ib(type=str)


@attr.s(frozen=True)
class BookData:
    """A book, whole."""

    code = attr.ib(type=str)
    isbn = attr.ib(type=str)
    title = attr.ib(type=str)
    price = attr.ib(type=int)


SHELF_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.tests.shelf.changed.v1", data={"shelf": ShelfData}
)
BOOK_CHANGED = OpenEdxPublicSignal(
    event_type="org.openedx.tests.book.changed.v1", data={"book": BookData}
)
