"""Those who watch and repair, over HTTP: a dead book, one that waits, and who may do what."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from shared.consumer import Room
from shared.models import DeadLetter, ParkedEvent
from tests.library import DIRECT, book, settled
from tests.testapp.models import Shelf

API = "/event-sync/api/v1/"
LETTERS, PARKED = f"{API}dead-letters/", f"{API}parked-events/"
PAYLOAD = "Persuasion"
"""What nobody is to see but who asks for a payload."""

VIEWS = ("view_deadletter", "view_parkedevent", "view_workerminute", "view_outcomecount")
ALL = (
    *VIEWS,
    "view_payload",
    "replay_deadletter",
    "discard_deadletter",
    "retry_parkedevent",
    "bury_parkedevent",
)


def operator(*permissions: str, name: str = "ada", **options: Any) -> APIClient:
    """Return a client of somebody with these permissions, logged in by a session."""
    user, _ = User.objects.get_or_create(username=name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = APIClient(**options)
    client.force_login(user)
    return client


def bury_a_book(room: Room) -> DeadLetter:
    """Keep a dead book that could be written by now."""
    settled(room, book("1", PAYLOAD, **DIRECT))
    parked = ParkedEvent.objects.get(waiting_for="shelves:a")
    letter = DeadLetter.objects.create(
        room=parked.room,
        consumer=parked.consumer,
        event_type=parked.event_type,
        event_id=parked.event_id,
        error="book.title: too long",
        buried_at=parked.parked_at,
        **DeadLetter.columns_of(parked.message),
    )
    parked.delete()
    Shelf.objects.create(sync_key="a", code="A")
    return letter


def park_a_book(room: Room) -> ParkedEvent:
    """Keep a book that waits for its shelf."""
    settled(room, book("2", PAYLOAD, code="nowhere", **DIRECT))
    return ParkedEvent.objects.get(waiting_for="shelves:nowhere")


def copies(letter: DeadLetter, number: int) -> list[DeadLetter]:
    """Keep so many more letters like this one, at other places."""
    columns = {f.name: getattr(letter, f.name) for f in letter._meta.fields if f.name != "id"}
    more = [DeadLetter(**columns | {"offset": letter.offset + n + 1}) for n in range(number)]
    return DeadLetter.objects.bulk_create(more)
