"""What the API answers about rooms, consumers, workers and outcomes, and about what went wrong."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class FailureSerializer(serializers.Serializer[Any]):
    """What went wrong, in one line."""

    detail = serializers.CharField()


class DepthSerializer(serializers.Serializer[Any]):
    """So many, the oldest and the newest of which are from then."""

    count = serializers.IntegerField()
    oldest = serializers.DateTimeField()
    newest = serializers.DateTimeField()


class ConsumerSerializer(serializers.Serializer[Any]):
    """How a consumer's events ended; without a name: events that no consumer has seen."""

    consumer = serializers.CharField()
    last_hour = serializers.DictField(child=serializers.IntegerField())
    last_day = serializers.DictField(child=serializers.IntegerField())
    parked = DepthSerializer(allow_null=True)
    dead = DepthSerializer(allow_null=True)


class WorkerSerializer(serializers.Serializer[Any]):
    """What a worker last said of itself."""

    worker = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    started_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField()
    progress_at = serializers.DateTimeField()
    lag = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    is_alive = serializers.BooleanField()


class RoomSerializer(serializers.Serializer[Any]):
    """How a room is, or its shadow, and what is wrong with it, the gravest first."""

    room = serializers.CharField()
    mode = serializers.CharField()
    group = serializers.CharField()
    is_paused = serializers.BooleanField()
    lag = serializers.IntegerField(allow_null=True)
    messages_per_second = serializers.FloatField()
    latency = serializers.DictField(child=serializers.FloatField(allow_null=True), allow_null=True)
    workers = WorkerSerializer(many=True)
    consumers = ConsumerSerializer(many=True)
    problems = serializers.ListField(child=serializers.CharField())


class RoomConsumerSerializer(ConsumerSerializer):
    """A consumer with the room that it is in."""

    room = serializers.CharField()
    mode = serializers.CharField()


class RoomWorkerSerializer(WorkerSerializer):
    """A worker with the room that it runs."""

    room = serializers.CharField()
    mode = serializers.CharField()
    group = serializers.CharField()


class RoomsSerializer(serializers.Serializer[Any]):
    """All rooms, or the one that was asked for."""

    results = RoomSerializer(many=True)


class ConsumersSerializer(serializers.Serializer[Any]):
    """The consumers of all rooms, or of one."""

    results = RoomConsumerSerializer(many=True)


class WorkersSerializer(serializers.Serializer[Any]):
    """The workers of all rooms, or of one."""

    results = RoomWorkerSerializer(many=True)


class OutcomesSerializer(serializers.Serializer[Any]):
    """How many events of a consumer of a room ended how."""

    room = serializers.CharField()
    consumer = serializers.CharField()
    applied = serializers.IntegerField(source="applied__sum")
    unchanged = serializers.IntegerField(source="unchanged__sum")
    stale = serializers.IntegerField(source="stale__sum")
    filtered = serializers.IntegerField(source="filtered__sum")
    ignored = serializers.IntegerField(source="ignored__sum")
    parked = serializers.IntegerField(source="parked__sum")
    dead = serializers.IntegerField(source="dead__sum")


class OutcomesOfWindowSerializer(serializers.Serializer[Any]):
    """The outcomes since a time."""

    since = serializers.DateTimeField()
    results = OutcomesSerializer(many=True)
