"""The demo: a room's real worker on an embedded bus, fed by the stock producer, then checked.

This package knows no room. A room takes part with a module ``demo`` of its own
(``shared.demo.part``) that writes the stream and says, without this project's pipeline, what the
table must be afterwards. Nothing here is for production.
"""

from shared.exceptions import EventSyncError


class DemoFailed(EventSyncError):
    """The demo didn't show what it is there to show; the message says why, line by line."""
