"""What the API answers about dead letters and parked events, and about repairs of them."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers


class StoredMessageSerializer(serializers.Serializer[Any]):
    """What a dead letter and a parked event have in common, without what they hold."""

    id = serializers.IntegerField()
    room = serializers.CharField()
    consumer = serializers.CharField(
        help_text="Empty: it failed before any consumer saw it, or in a receiver."
    )
    event_type = serializers.CharField()
    event_id = serializers.CharField()
    topic = serializers.CharField()
    partition = serializers.IntegerField()
    offset = serializers.IntegerField()
    attempts = serializers.IntegerField()


class DeadLetterSerializer(StoredMessageSerializer):
    """A dead letter in a list."""

    buried_at = serializers.DateTimeField()
    receiver = serializers.CharField(help_text="The host's receiver that raised, if one did.")
    error = serializers.CharField(help_text="Fields, headers and classes; never values.")


class ParkedEventSerializer(StoredMessageSerializer):
    """A parked event in a list."""

    parked_at = serializers.DateTimeField()
    retry_at = serializers.DateTimeField()
    waiting_for = serializers.CharField(help_text="The consumer and key of the missing row.")


class _DetailSerializer(serializers.Serializer[Any]):
    broker_time = serializers.DateTimeField(allow_null=True)
    headers = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True)),
        help_text="Names and values, percent-encoded.",
    )


class DeadLetterDetailSerializer(DeadLetterSerializer, _DetailSerializer):
    """A dead letter with its headers."""

    group = serializers.CharField()


class ParkedEventDetailSerializer(ParkedEventSerializer, _DetailSerializer):
    """A parked event with its headers."""


class _PageSerializer(serializers.Serializer[Any]):
    matched = serializers.IntegerField(help_text="So many match, on this page and later ones.")
    next_after = serializers.IntegerField(
        allow_null=True, help_text="The next page's `after`; null on the last one."
    )


class DeadLettersSerializer(_PageSerializer):
    """A page of dead letters, the oldest first."""

    results = DeadLetterSerializer(many=True)


class ParkedEventsSerializer(_PageSerializer):
    """A page of parked events, the oldest first."""

    results = ParkedEventSerializer(many=True)


class PayloadSerializer(serializers.Serializer[Any]):
    """What an event holds; or its bytes, if it can't be decoded, and why."""

    time = serializers.CharField(required=False)
    # The document's own word, which is a serializer's attribute, too; nothing asks that one here.
    data = serializers.DictField(required=False)  # type: ignore[assignment]
    undecodable = serializers.CharField(required=False)
    key_base64 = serializers.CharField(required=False, allow_null=True)
    value_base64 = serializers.CharField(required=False, allow_null=True)


def plain(payload: dict[str, Any]) -> Any:
    """Return a payload as JSON has it: what JSON has no word for becomes text."""
    return json.loads(json.dumps(payload, default=str), parse_constant=str)


class GroupSerializer(serializers.Serializer[Any]):
    """So many of the same kind; ``refused`` says why a replay would leave them, if it would."""

    room = serializers.CharField()
    consumer = serializers.CharField()
    receiver = serializers.CharField(required=False)
    event_type = serializers.CharField()
    count = serializers.IntegerField()
    refused = serializers.CharField(required=False)


class RepairedSerializer(serializers.Serializer[Any]):
    """What became of one row; ``error`` says why not, where it wasn't repaired."""

    id = serializers.IntegerField()
    place = serializers.CharField()
    result = serializers.CharField()
    error = serializers.CharField()
    is_good = serializers.BooleanField()


class RepairSerializer(serializers.Serializer[Any]):
    """What a repair would be about (``groups``), or what came of it (``results``, ``rows``)."""

    applied = serializers.BooleanField()
    matched = serializers.IntegerField(help_text="So many match.")
    groups = GroupSerializer(many=True, required=False)
    results = serializers.DictField(
        child=serializers.IntegerField(), required=False, help_text="How many ended how."
    )
    rows = RepairedSerializer(many=True, required=False)
    left = serializers.IntegerField(
        help_text="So many match beyond those that one request takes.", required=False
    )
    next_after = serializers.IntegerField(
        allow_null=True, required=False, help_text="The `after` that goes on with those left."
    )


class StoppedSerializer(serializers.Serializer[Any]):
    """Why it stopped; ``done`` is what was done before, and stays so."""

    detail = serializers.CharField()
    done = RepairSerializer(required=False)
