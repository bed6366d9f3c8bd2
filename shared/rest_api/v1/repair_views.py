"""What may be done about dead letters and parked events; a dry run unless ``apply`` is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from shared.exceptions import EventSyncError
from shared.repairs import MOST, By, Repaired, bury, discard, retry
from shared.replay import plan, replay
from shared.rest_api.v1.message_serializers import RepairSerializer, StoppedSerializer
from shared.rest_api.v1.message_views import VIEW_LETTER, VIEW_PARKED, matching
from shared.rest_api.v1.operator_view import OperatorView, operation
from shared.rest_api.v1.requests import DropBody, RepairBody, body_of
from shared.rest_api.v1.throttling import Scope
from shared.selection import Selection, counted

_STOPPED = {503: OpenApiResponse(StoppedSerializer, "It stopped; say the same again to go on.")}


def _kinds_of_letters(letters: QuerySet[Any]) -> list[dict[str, Any]]:
    return counted(letters, "room", "consumer", "receiver", "event_type")


def _kinds_of_parked(parked: QuerySet[Any]) -> list[dict[str, Any]]:
    return counted(parked, "room", "consumer", "event_type")


class RepairView(OperatorView):
    """Repairs of one kind: of which rows, and how."""

    rows_of: ClassVar[Callable[[Selection], QuerySet[Any]]]
    work: ClassVar[Callable[[QuerySet[Any], By], Iterator[Repaired]]]
    groups: ClassVar[Callable[[QuerySet[Any]], Sequence[dict[str, Any]]]]
    throttle_scope = Scope.REPAIR

    def answer(self, request: Request, kind: type[RepairBody]) -> Response:
        """Say what a repair would be about, or do it."""
        said = body_of(request, kind)
        rows = matching(type(self).rows_of, said)
        if said.validated_data["apply"]:
            return self._do(rows, By(request.user.get_username(), said.validated_data["reason"]))
        preview = {"applied": False, "matched": rows.count(), "groups": type(self).groups(rows)}
        return Response(RepairSerializer(preview).data)

    def _do(self, rows: QuerySet[Any], by: By) -> Response:
        matched, done, problem = rows.count(), [], ""
        ids = list(rows.values_list("pk", flat=True)[:MOST])
        try:
            for repaired in type(self).work(rows.model._default_manager.filter(pk__in=ids), by):
                done.append(repaired)
        except EventSyncError as error:
            problem = str(error)
        left = max(matched - len(ids), 0)
        result = {
            "applied": True,
            "matched": matched,
            "results": Counter(each.result for each in done),
            "rows": [asdict(each) for each in done],
            "left": left,
            "next_after": ids[-1] if left else None,
        }
        if not problem:
            return Response(RepairSerializer(result).data)
        stopped = StoppedSerializer({"detail": problem, "done": result})
        return Response(stopped.data, status=status.HTTP_503_SERVICE_UNAVAILABLE)


def repair(name: str, summary: str, body: type[RepairBody]) -> Callable[[Any], Any]:
    """Describe a repair in the schema."""
    return operation(name, summary, RepairSerializer, request=body, failures=_STOPPED)


class ReplayView(RepairView):
    """Lets dead letters take the way of a new event."""

    needs = (VIEW_LETTER, "event_sync.replay_deadletter")
    rows_of, work, groups = Selection.letters, replay, plan

    @repair("dead_letters_replay", "Replay dead letters", RepairBody)
    def post(self, request: Request) -> Response:
        """Say what it would be about, or do it."""
        return self.answer(request, RepairBody)


class DiscardView(RepairView):
    """Drops dead letters for good."""

    needs = (VIEW_LETTER, "event_sync.discard_deadletter")
    rows_of, work, groups = Selection.letters, discard, _kinds_of_letters

    @repair("dead_letters_discard", "Drop dead letters for good", DropBody)
    def post(self, request: Request) -> Response:
        """Say what it would be about, or do it."""
        return self.answer(request, DropBody)


class RetryView(RepairView):
    """Makes parked events due."""

    needs = (VIEW_PARKED, "event_sync.retry_parkedevent")
    rows_of, work, groups = Selection.parked, retry, _kinds_of_parked

    @repair("parked_events_retry", "Let parked events be retried now", RepairBody)
    def post(self, request: Request) -> Response:
        """Say what it would be about, or do it."""
        return self.answer(request, RepairBody)


class BuryView(RepairView):
    """Makes dead letters of parked events."""

    needs = (VIEW_PARKED, "event_sync.bury_parkedevent")
    rows_of, work, groups = Selection.parked, bury, _kinds_of_parked

    @repair("parked_events_bury", "Make dead letters of parked events", DropBody)
    def post(self, request: Request) -> Response:
        """Say what it would be about, or do it."""
        return self.answer(request, DropBody)
