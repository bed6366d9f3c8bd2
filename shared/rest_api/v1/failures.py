"""What goes wrong is one line in the shape of Django REST framework, never a traceback."""

from __future__ import annotations

from typing import Any

from django.db import Error as DatabaseError
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from shared.connections import meaning_of
from shared.exceptions import EventSyncError, TransientError
from shared.reactions import Reaction, failed, reaction_to


def answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an exception: 503 while what the service needs is away or unfit."""
    answer = exception_handler(error, context)
    if answer is not None:
        return answer
    if isinstance(error, DatabaseError):
        error = meaning_of(error)
    elif reaction_to(error) is Reaction.RETRY and not isinstance(error, EventSyncError):
        # The cache that counts requests, or keeps sessions.
        error = TransientError(failed(error))
    if isinstance(error, EventSyncError):
        return Response({"detail": str(error)}, status=status.HTTP_503_SERVICE_UNAVAILABLE)
    return None
