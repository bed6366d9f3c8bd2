"""One exception per reaction; ``shared.reactions`` says which one others' exceptions call for."""

from __future__ import annotations


class EventSyncError(Exception):
    """Something went wrong while consuming events."""

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").splitlines()[0]
        super().__init__(self.message)


class TransientError(EventSyncError):
    """Something the batch needs is out of reach for now; the same batch is tried again."""


class Outage(TransientError):
    """A service that the host relies on is away, through no fault of the event that needs it."""


class PoisonError(EventSyncError):
    """The event can't succeed without a person; it becomes a dead letter.

    The message names fields, headers and classes, never their values: dead letters are listed
    where the payload may not be seen.
    """


class UndecodableMessage(PoisonError):
    """The message can't be turned into an event."""


class UnmappableEvent(PoisonError):
    """A value of the event can't become a value of the row.

    ``field`` is the dotted path inside the event's data, ``problem`` what is wrong with it.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class UnknownEventType(EventSyncError):
    """The message carries an event type that this process doesn't know; it is ignored."""


class FatalError(EventSyncError):
    """Going on would do harm; the worker stops with this message and commits nothing more.

    ``hint`` says what a person can do about it.
    """

    def __init__(self, message: str | None = None, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} Hint: {self.hint}" if self.hint else self.message


class ConfigurationError(FatalError):
    """The configuration doesn't allow this."""


class OffsetOutOfRange(FatalError):
    """The committed offset is no longer on the broker; events between may have expired."""


class DeadLetterFlood(FatalError):
    """Too many events in a row, or too large a share of them, ended as dead letters."""


class EventNotCollected(FatalError):
    """An event was emitted, yet the room's receiver didn't get it."""
