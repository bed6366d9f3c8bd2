"""How the rooms, their consumers and their workers are, as ``sync_status`` says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from shared import registry
from shared.diagnosis import problems
from shared.models import OutcomeCount
from shared.modes import parts
from shared.rest_api.v1.operator_view import OperatorView, operation
from shared.rest_api.v1.requests import OutcomesQuery, RoomQuery, query_of
from shared.rest_api.v1.serializers import (
    ConsumersSerializer,
    OutcomesOfWindowSerializer,
    RoomSerializer,
    RoomsSerializer,
    WorkersSerializer,
)
from shared.status import DAY, HOUR, status_of


class StatusView(OperatorView):
    """Looks at rooms."""

    needs = ("event_sync.view_workerminute", "event_sync.view_outcomecount")

    def rooms(self, request: Request) -> list[dict[str, Any]]:
        """Return how the room is that the query names, or all. Raises ``ValidationError``."""
        known = parts(registry.rooms())
        name = query_of(request, RoomQuery).validated_data.get("room")
        if name is not None and name not in known:
            raise ValidationError({"room": [_unknown(name, known)]})
        return [status_in(each) for each in ([name] if name else known)]


class RoomsView(StatusView):
    """All rooms and shadows."""

    @operation("rooms_list", "How the rooms are", RoomsSerializer, parameters=[RoomQuery])
    def get(self, request: Request) -> Response:
        """Return all, with what is wrong."""
        return Response(RoomsSerializer({"results": self.rooms(request)}).data)


class RoomView(StatusView):
    """One room or shadow."""

    @operation("rooms_retrieve", "How a room is", RoomSerializer)
    def get(self, request: Request, room: str) -> Response:
        """Return it, with what is wrong."""
        known = parts(registry.rooms())
        if room not in known:
            raise NotFound(_unknown(room, known))
        return Response(RoomSerializer(status_in(room)).data)


class ConsumersView(StatusView):
    """The consumers of the rooms."""

    @operation(
        "consumers_list", "How the consumers are", ConsumersSerializer, parameters=[RoomQuery]
    )
    def get(self, request: Request) -> Response:
        """Return them, with the rooms that they are in."""
        found = [
            {"room": room["room"], "mode": room["mode"], **consumer}
            for room in self.rooms(request)
            for consumer in room["consumers"]
        ]
        return Response(ConsumersSerializer({"results": found}).data)


class WorkersView(StatusView):
    """The workers of the rooms."""

    @operation("workers_list", "How the workers are", WorkersSerializer, parameters=[RoomQuery])
    def get(self, request: Request) -> Response:
        """Return them, with the rooms that they run."""
        found = [
            {name: room[name] for name in ("room", "mode", "group")} | worker
            for room in self.rooms(request)
            for worker in room["workers"]
        ]
        return Response(WorkersSerializer({"results": found}).data)


class OutcomesView(OperatorView):
    """How events ended."""

    needs = ("event_sync.view_outcomecount",)

    @operation(
        "outcomes_list",
        "How events ended in the last hour or day",
        OutcomesOfWindowSerializer,
        parameters=[OutcomesQuery],
    )
    def get(self, request: Request) -> Response:
        """Return sums by room and consumer."""
        said = query_of(request, OutcomesQuery).validated_data
        since = timezone.now() - {"hour": HOUR, "day": DAY}[said["window"]]
        narrow = {name: said[name] for name in ("room", "consumer") if name in said}
        for name, value in narrow.items():
            _check_name(name, value)
        sums = OutcomeCount.objects.filter(minute__gte=since, **narrow).sums("room", "consumer")
        return Response(OutcomesOfWindowSerializer({"since": since, "results": sums}).data)


def status_in(name: str) -> dict[str, Any]:
    """Return how the room or shadow of this name is, with what is wrong."""
    now = timezone.now()
    room, mode = parts(registry.rooms())[name]
    status = status_of(room, mode, now=now)
    return status.as_json() | {"problems": list(problems(status, now=now))}


def _check_name(name: str, value: str) -> None:
    """Refuse a name that is neither installed nor counted: it is misspelt."""
    known = parts(registry.rooms())
    consumers = {consumer.name for room, _ in known.values() for consumer in room.consumers}
    names = {"room": {*known}, "consumer": consumers}[name]
    if value in names or OutcomeCount.objects.filter(**{name: value}).exists():
        return
    raise ValidationError({name: [_unknown(value, dict.fromkeys(names), name)]})


def _unknown(name: str, known: Mapping[str, Any], what: str = "room") -> str:
    return f"There is no {what} {name!r}. Known: {', '.join(sorted(known))}."
