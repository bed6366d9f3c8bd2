"""What goes wrong is one line in the shape of Django REST framework, never a traceback.

Who asks may not have logged in yet: where the database is, and why it lets nobody in, is for the
log.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import Error as DatabaseError
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from shared.connections import meaning_of
from shared.exceptions import EventSyncError, FatalError
from shared.logging import Action, Log
from shared.reactions import Reaction, failed, reaction_to

log = Log(__name__)


def answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an exception: 503 while what the service needs is away or unfit."""
    answer = exception_handler(error, context)
    if answer is not None:
        return answer
    if isinstance(error, RequestDataTooBig | TooManyFieldsSent):
        return _say("The request is too large, or has too many parts.", status.HTTP_400_BAD_REQUEST)
    text = _unfit(error)
    return _say(text, status.HTTP_503_SERVICE_UNAVAILABLE) if text else None


def _unfit(error: Exception) -> str:
    """Return what the service lacks, if that is why it can't answer."""
    if isinstance(error, EventSyncError):
        return str(error)
    if isinstance(error, DatabaseError):
        meaning = meaning_of(error)
        log.warning(Action.REQUEST_NOT_ANSWERED, reason=meaning)
        if isinstance(meaning, FatalError):
            return f"The database refused a query; the log says more. Hint: {meaning.hint}"
        return "The database is out of reach; the log says more. Try again later."
    if reaction_to(error) is Reaction.RETRY:
        # The cache that counts requests, or keeps sessions.
        log.warning(Action.REQUEST_NOT_ANSWERED, reason=failed(error))
        return "A service that this one needs is out of reach; the log says more. Try again later."
    return ""


def _say(text: str, status_code: int) -> Response:
    return Response({"detail": text}, status=status_code)
