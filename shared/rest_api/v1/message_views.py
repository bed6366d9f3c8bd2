"""Dead letters and parked events: a page of them, one of them, and what one holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from shared.models import DeadLetter, ParkedEvent
from shared.payloads import look_into
from shared.rest_api.v1.message_serializers import (
    DeadLetterDetailSerializer,
    DeadLettersSerializer,
    ParkedEventDetailSerializer,
    ParkedEventsSerializer,
    PayloadSerializer,
    plain,
)
from shared.rest_api.v1.operator_view import OperatorView, operation
from shared.rest_api.v1.requests import PageQuery, SelectionSerializer, query_of, refused
from shared.rest_api.v1.throttling import Scope
from shared.selection import BadSelection, Selection, row_of

VIEW_LETTER = "event_sync.view_deadletter"
VIEW_PARKED = "event_sync.view_parkedevent"
VIEW_PAYLOAD = "event_sync.view_payload"

_ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH, description="Its id.")
_HELD = ("key", "value")
"""What an event holds; read by nobody who doesn't ask for it."""


def matching(
    rows_of: Callable[[Selection], QuerySet[Any]], said: SelectionSerializer
) -> QuerySet[Any]:
    """Return the rows that match, the oldest first. Raises ``ValidationError``."""
    try:
        rows = rows_of(said.selection)
    except BadSelection as error:
        raise refused(error) from error
    return rows.filter(pk__gt=said.validated_data["after"]).order_by("pk")


def _page(request: Request, rows_of: Callable[[Selection], QuerySet[Any]]) -> dict[str, Any]:
    said = query_of(request, PageQuery)
    rows, limit = matching(rows_of, said), said.validated_data["limit"]
    found = list(rows.defer(*_HELD, "headers")[: limit + 1])
    has_more = len(found) > limit
    return {
        "matched": rows.count() if has_more else len(found),
        "next_after": found[limit - 1].pk if has_more else None,
        "results": found[:limit],
    }


class DeadLettersView(OperatorView):
    """What can't succeed without a person."""

    needs = (VIEW_LETTER,)

    @operation("dead_letters_list", "Dead letters", DeadLettersSerializer, parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        """Return a page of them, without what they hold."""
        return Response(DeadLettersSerializer(_page(request, Selection.letters)).data)


class ParkedEventsView(OperatorView):
    """What waits for a row."""

    needs = (VIEW_PARKED,)

    @operation(
        "parked_events_list", "Parked events", ParkedEventsSerializer, parameters=[PageQuery]
    )
    def get(self, request: Request) -> Response:
        """Return a page of them, without what they hold."""
        return Response(ParkedEventsSerializer(_page(request, Selection.parked)).data)


class StoredMessageView(OperatorView):
    """One row of ``model``."""

    model: ClassVar[type[DeadLetter] | type[ParkedEvent]]
    detail: ClassVar[type[serializers.Serializer[Any]]]

    def row(self, text: str, *, without: tuple[str, ...] = ()) -> Any:
        """Return the row of this id. Raises ``NotFound``."""
        rows: QuerySet[Any] = self.model._default_manager.defer(*without)
        if row := row_of(rows, text):
            return row
        raise NotFound("There is none with this id (any more); see the list.")

    def one(self, text: str) -> Response:
        """Return a row with its headers."""
        return Response(self.detail(self.row(text, without=_HELD)).data)

    def held(self, request: Request, text: str) -> Response:
        """Return what it holds; the look is logged."""
        return Response(plain(look_into(self.row(text), actor=request.user.get_username())))


class DeadLetterView(StoredMessageView):
    """One dead letter."""

    model, detail = DeadLetter, DeadLetterDetailSerializer
    needs = (VIEW_LETTER,)

    @operation(
        "dead_letters_retrieve", "A dead letter", DeadLetterDetailSerializer, parameters=[_ID]
    )
    def get(self, request: Request, id: str) -> Response:
        """Return it, without what it holds."""
        return self.one(id)


class ParkedEventView(StoredMessageView):
    """One parked event."""

    model, detail = ParkedEvent, ParkedEventDetailSerializer
    needs = (VIEW_PARKED,)

    @operation(
        "parked_events_retrieve", "A parked event", ParkedEventDetailSerializer, parameters=[_ID]
    )
    def get(self, request: Request, id: str) -> Response:
        """Return it, without what it holds."""
        return self.one(id)


class DeadLetterPayloadView(StoredMessageView):
    """What a dead letter holds."""

    model = DeadLetter
    needs = (VIEW_LETTER, VIEW_PAYLOAD)
    throttle_scope = Scope.PAYLOAD

    @operation(
        "dead_letters_payload",
        "What a dead letter holds, personal data included; the look is logged",
        PayloadSerializer,
        parameters=[_ID],
    )
    def get(self, request: Request, id: str) -> Response:
        """Return it."""
        return self.held(request, id)


class ParkedEventPayloadView(StoredMessageView):
    """What a parked event holds."""

    model = ParkedEvent
    needs = (VIEW_PARKED, VIEW_PAYLOAD)
    throttle_scope = Scope.PAYLOAD

    @operation(
        "parked_events_payload",
        "What a parked event holds, personal data included; the look is logged",
        PayloadSerializer,
        parameters=[_ID],
    )
    def get(self, request: Request, id: str) -> Response:
        """Return it."""
        return self.held(request, id)
