"""Remembers who is retired, without knowing their names, and finds them among events.

A batch that looks locks the gate shared until it is committed, a retirement locks it alone: what
was on its way before is in the database by then, and what comes later is found. See ADR 0013.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from time import sleep
from typing import Any

from django.conf import settings as django_settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone

from shared import registry
from shared.conf import get_settings
from shared.connections import meaning_of
from shared.consumer import Consumer
from shared.exceptions import ConfigurationError
from shared.learners import Identity, Names
from shared.messages import Event
from shared.models import RetiredLearner, RetirementGate
from shared.reactions import Reaction, reaction_to

_ATTEMPTS = 3
# Until the transaction ends: nobody else can change these rows, many can read them. SQLite lets one
# transaction write at a time anyway.
_HELD_SHARED = {"postgresql": " FOR SHARE", "mysql": " LOCK IN SHARE MODE"}


def retired_among(consumer: Consumer, events: Sequence[Event]) -> list[bool]:
    """Return for each event whether it names somebody who is retired.

    In constant queries, and in none for a consumer whose events name nobody. Raises
    ``ConfigurationError`` if a key is gone with which somebody was retired, and the database's own.
    """
    learner = consumer.learner
    if learner is None or not events:
        return [False] * len(events)
    keys = _keys_in_use()
    if not keys:
        return [False] * len(events)
    digests = [_digests(learner.names_in(event.data), keys) for event in events]
    wanted = set[str]().union(*digests)
    if not wanted:
        return [False] * len(events)
    found = _held_shared(_look_for(wanted))
    return [not each.isdisjoint(found) for each in digests]


def names_retired(event: Event) -> bool:
    """Return whether an event names somebody who is retired, by what any of its consumers says.

    Of all rooms, in whatever mode: a receiver of the host gets events that no live one consumes.
    """
    event_type = event.signal.event_type
    wanting = [each for each in registry.consumers() if each.route_for(event_type)]
    return any(retired_among(consumer, [event])[0] for consumer in wanting)


def block(names: Names) -> int:
    """Remember that these are retired; return how many names weren't yet.

    Waits for the batches that are on their way. Raises ``TransientError``, ``FatalError``, and
    ``ConfigurationError`` as above.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _block(names)
        except DatabaseError as error:
            # A batch may have held the gate for too long, or somebody else retire another learner.
            if attempt == _ATTEMPTS or reaction_to(error) is not Reaction.RETRY:
                raise meaning_of(error) from error
        sleep(get_settings().pause_after(attempt))
    raise AssertionError("the last attempt returns or raises")


def _block(names: Names) -> int:
    now = timezone.now()
    with transaction.atomic():
        gate, _ = RetirementGate.objects.select_for_update().get_or_create(
            pk=RetirementGate.THE_ONE
        )
        keys = _usable(gate.fingerprints.split())
        first = _known_keys()[0]
        known = RetiredLearner.objects.filter(digest__in=_digests(names, keys))
        there = set(known.values_list("digest", flat=True))
        new = [name for name in sorted(names) if _digests([name], keys).isdisjoint(there)]
        digests = sorted(_digests(new, {_fingerprint(first): first}))
        RetiredLearner.objects.bulk_create(
            [RetiredLearner(digest=digest, retired_at=now) for digest in digests]
        )
        gate.fingerprints = " ".join(sorted({*keys, _fingerprint(first)}))
        gate.changed_at = now
        gate.save()
    return len(new)


def _keys_in_use() -> Mapping[str, bytes]:
    used = _held_shared(*_look_at_the_gate())
    return _usable([each for text in used for each in text.split()])


# Every batch looks: its statement is made once.
@cache
def _look_at_the_gate() -> tuple[str, Sequence[Any]]:
    gates = RetirementGate.objects.filter(pk=RetirementGate.THE_ONE)
    return gates.values_list("fingerprints", flat=True).query.sql_with_params()


def _look_for(digests: Iterable[str]) -> str:
    """Return the statement that finds those of these digests that are somebody's.

    They are in it as they are, for they hold nothing but hexadecimal digits: to make parameters of
    a thousand takes longer than all else that is done about them.
    """
    table, listed = RetiredLearner._meta.db_table, "','".join(digests)
    return f"SELECT digest FROM {table} WHERE digest IN ('{listed}')"  # nosec B608 # see above


def _usable(fingerprints: Iterable[str]) -> Mapping[str, bytes]:
    """Return the keys of these fingerprints.

    Raises ``ConfigurationError`` if one is unknown: whom it was made for can't be told any more.
    """
    known = {_fingerprint(key): key for key in _known_keys()}
    if lost := set(fingerprints) - set(known):
        raise ConfigurationError(
            f"{len(lost)} of the keys are gone with which learners were retired: their events "
            "can't be told from others.",
            hint="Put the former key, which may have been SECRET_KEY, at the end of "
            "EVENT_SYNC['RETIREMENT_KEYS'] again.",
        )
    return {each: known[each] for each in fingerprints}


def _known_keys() -> list[bytes]:
    """Return the keys; the first is for new digests. Without the setting, Django's own."""
    ours = get_settings().retirement_keys
    fallbacks = getattr(django_settings, "SECRET_KEY_FALLBACKS", ())
    keys = ours or (django_settings.SECRET_KEY, *fallbacks)
    return [key.encode() if isinstance(key, str) else key for key in keys]


def _fingerprint(key: bytes) -> str:
    return hmac.new(key, b"event-sync: which key", sha256).hexdigest()[:16]


def _digests(names: Iterable[tuple[Identity, str]], keys: Mapping[str, bytes]) -> set[str]:
    return {
        hmac.new(key, f"event-sync: {identity}: {name}".encode(), sha256).hexdigest()
        for identity, name in names
        for key in keys.values()
    }


def _held_shared(sql: str, params: Sequence[Any] = ()) -> set[str]:
    """Read a column as it is now, and keep the rows from changing while the transaction lasts.

    Django can lock rows for one transaction only, and batches would wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql + _HELD_SHARED.get(connection.vendor, ""), params)
        return {text for (text,) in cursor.fetchall()}
