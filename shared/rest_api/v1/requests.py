"""What may be asked: which rows, how many, and what is to be done about them and why."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import BigIntegerField
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from shared.repairs import LONGEST_REASON, MOST
from shared.rest_api.v1.fields import Number, StrictSerializer, Switch, Text, Time
from shared.selection import BadSelection, Selection

_FILTERS = ("room", "consumer", "event_type", "error", "since", "until")
_LONGEST_TEXT = 1000

T = TypeVar("T", bound=StrictSerializer)


class RoomQuery(StrictSerializer):
    """Which room."""

    room = Text(required=False, max_length=255, help_text="Of this room, or shadow, only.")


class OutcomesQuery(RoomQuery):
    """Which outcomes."""

    consumer = Text(required=False, max_length=255, help_text="Of this consumer only.")
    window = serializers.ChoiceField(
        ["hour", "day"], default="hour", help_text="Of the last hour, or the last day."
    )


class SelectionSerializer(StrictSerializer):
    """Which dead letters or parked events; as the commands' options, all must be true."""

    room = Text(required=False, max_length=255, help_text="Of this room only.")
    consumer = Text(required=False, max_length=255, help_text="Of this consumer only.")
    event_type = Text(required=False, max_length=255, help_text="Of this event type only.")
    error = Text(
        required=False,
        max_length=_LONGEST_TEXT,
        help_text="A part of the error; of a parked event, of what it waits for.",
    )
    since = Time(required=False, help_text="Buried or parked then or later; with its zone.")
    until = Time(required=False, help_text="Buried or parked before; with its zone.")
    id = serializers.ListField(
        child=Number(min_value=1, max_value=BigIntegerField.MAX_BIGINT),
        required=False,
        min_length=1,
        max_length=MOST,
        help_text="These only.",
    )
    after = Number(
        min_value=0,
        max_value=BigIntegerField.MAX_BIGINT,
        default=0,
        help_text="Only those with a greater id: `next_after` of the answer before.",
    )

    @property
    def selection(self) -> Selection:
        """Which rows are meant, but for ``after``."""
        said = self.validated_data
        return Selection(**{name: said.get(name) for name in _FILTERS}, ids=_ids(said))


class PageQuery(SelectionSerializer):
    """A page of them."""

    limit = Number(min_value=1, max_value=MOST, default=50, help_text="So many on a page.")


class RepairBody(SelectionSerializer):
    """What to repair. Nothing is done unless ``apply`` is true."""

    reason = Text(
        default="",
        allow_blank=True,
        max_length=LONGEST_REASON,
        help_text="Why, for those who ask later.",
    )
    apply = Switch(default=False, help_text="Do it, don't just say.")


class DropBody(RepairBody):
    """What to drop or bury: it needs a reason, and a filter."""

    reason = Text(max_length=LONGEST_REASON, help_text="Why; it can't be left out.")

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """Refuse to take all."""
        if not {*_FILTERS, "id"} & said.keys():
            raise ValidationError("This doesn't take all. Say which: by id, error, until …")
        return said


def query_of(request: Request, kind: type[T]) -> T:
    """Return what the query says. Raises ``ValidationError``."""
    return _valid(kind(data=_plain(request.query_params), context={"is_query": True}))


def body_of(request: Request, kind: type[T]) -> T:
    """Return what the body says. Raises ``ValidationError``."""
    return _valid(kind(data=request.data))


def _valid(said: T) -> T:
    said.is_valid(raise_exception=True)
    return said


def _plain(query: QueryDict) -> dict[str, Any]:
    """Return a query's values as they are: Django's own reading takes an empty one for none."""
    said: dict[str, Any] = {}
    for name, values in query.lists():
        if name != "id" and len(values) > 1:
            raise ValidationError({name: ["This is said more than once; say it once."]})
        said[name] = values if name == "id" else values[0]
    return said


def _ids(said: dict[str, Any]) -> tuple[int, ...]:
    return tuple(said.get("id", ()))


def refused(error: BadSelection) -> ValidationError:
    """Return the answer to a selection that can't be meant."""
    return ValidationError({error.field: [f"{error.problem} {error.hint}"]})
