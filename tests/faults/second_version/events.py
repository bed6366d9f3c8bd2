"""The second version of a book's data, as openedx-events evolves an event."""

import attr


@attr.s(frozen=True)
class BookData:
    """A book, whole; those of the first version have no subtitle."""

    code = attr.ib(type=str)
    isbn = attr.ib(type=str)
    title = attr.ib(type=str)
    price = attr.ib(type=int)
    subtitle = attr.ib(type=str, default=None)
