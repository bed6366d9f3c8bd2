"""What an error of librdkafka means to a person: which end the worker, and what to do about it.

An error that is named nowhere here is waited out; librdkafka reconnects by itself, with back-off.
"""

from __future__ import annotations

from typing import Any

from confluent_kafka import KafkaError, KafkaException

from shared.exceptions import ConfigurationError, FatalError, OffsetOutOfRange

MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}
"""The broker has no such topic, or none yet."""

ADDRESS_HINT = "Is EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS right, and the broker up?"
"""For whom no broker answers."""

_REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError._AUTHENTICATION,
}
# librdkafka reports it under more than one code, and by these words of OpenSSL.
_UNTRUSTED = "certificate verify failed"


def refusal(error: KafkaError) -> FatalError | None:
    """Return what to end with, if the broker refuses us, we it, or librdkafka gives up."""
    if _UNTRUSTED in error.str():
        return FatalError(
            f"The broker's certificate isn't trusted: {error.str()}.",
            hint="Name the authority that signed it: ssl.ca.location in "
            "EVENT_SYNC['KAFKA_CONSUMER_CONFIG'].",
        )
    if error.code() == KafkaError.INVALID_SESSION_TIMEOUT:
        return FatalError(
            f"The broker refuses session.timeout.ms: {error.str()}.",
            hint="Set it in EVENT_SYNC['KAFKA_CONSUMER_CONFIG'] to what the broker allows, from "
            "group.min.session.timeout.ms to group.max.session.timeout.ms.",
        )
    # As an event it has a code; its flag is set where librdkafka raises it.
    if error.code() == KafkaError._FATAL or error.fatal():
        return FatalError(
            f"librdkafka gives up: {error.str()}.",
            hint="If it was fenced, another worker has the same group.instance.id: give each its "
            "own in EVENT_SYNC['KAFKA_CONSUMER_CONFIG'].",
        )
    if error.code() not in _REFUSED:
        return None
    return FatalError(
        f"The broker refuses us: {error.name()}: {error.str()}.",
        hint="Check EVENT_BUS_KAFKA_API_KEY and _API_SECRET, the TLS files in "
        "EVENT_SYNC['KAFKA_CONSUMER_CONFIG'], and what this user may read.",
    )


def out_of_range(raw: Any) -> OffsetOutOfRange:
    """Return what to end with when a partition's committed offset is not on the broker."""
    return OffsetOutOfRange(
        f"{raw.topic()}[{raw.partition()}]: the group's committed offset is not on the broker "
        f"({raw.error().str()}).",
        hint="The events up to the oldest one left have expired, or the topic was made anew. Go on "
        f"with manage.py rewind ROOM --to earliest --topic {raw.topic()}, and bring the missing "
        "rows from their source.",
    )


def missing_topic(topic: str) -> FatalError:
    """Return what to end with when a topic has been missing for too long."""
    return FatalError(
        f"The broker has no topic {topic!r}.",
        hint="Create it (run_embedded_bus makes those of the rooms that are installed when it "
        "starts), or correct EVENT_BUS_TOPIC_PREFIX or the consumer's topic.",
    )


def refused_options(error: Exception) -> ConfigurationError:
    """Return what to end with when librdkafka takes no consumer with these options."""
    reason = error.args[0].str() if isinstance(error, KafkaException) else error
    return ConfigurationError(
        f"librdkafka refuses the consumer's options: {reason}.",
        hint="Correct EVENT_SYNC['KAFKA_CONSUMER_CONFIG'].",
    )
