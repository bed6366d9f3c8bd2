"""Who may do what: each address, asked by nobody, by anybody, and by who holds the permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern, reverse
from rest_framework.test import APIClient

from shared.models import DeadLetter, ParkedEvent, Repair
from shared.rest_api.v1.urls import urlpatterns
from tests.operators import ALL, PAYLOAD, VIEWS, operator
from tests.testapp.models import Book

pytestmark = pytest.mark.django_db

LETTER, PARKED = "view_deadletter", "view_parkedevent"
STATUS = ("view_workerminute", "view_outcomecount")


@dataclass(frozen=True)
class Address:
    """One address, and which permissions it needs."""

    name: str
    needs: tuple[str, ...]
    row: type[DeadLetter] | type[ParkedEvent] | None = None
    is_post: bool = False

    def asked_by(self, client: APIClient) -> Any:
        """Ask; of a repair, to do it to all rows of an event type."""
        kwargs: dict[str, Any] = {"id": self.row._default_manager.get().pk} if self.row else {}
        if self.name == "room":
            kwargs = {"room": "tests.testapp"}
        url = reverse(f"event_sync_v1:{self.name}", kwargs=kwargs)
        if not self.is_post:
            return client.get(url)
        body = {"room": "tests.testapp", "reason": "a test", "apply": True}
        return client.post(url, body, format="json")


ADDRESSES = [
    Address("rooms", STATUS),
    Address("room", STATUS),
    Address("consumers", STATUS),
    Address("workers", STATUS),
    Address("outcomes", ("view_outcomecount",)),
    Address("dead_letters", (LETTER,)),
    Address("dead_letter", (LETTER,), DeadLetter),
    Address("dead_letter_payload", (LETTER, "view_payload"), DeadLetter),
    Address("replay", (LETTER, "replay_deadletter"), is_post=True),
    Address("discard", (LETTER, "discard_deadletter"), is_post=True),
    Address("parked_events", (PARKED,)),
    Address("parked_event", (PARKED,), ParkedEvent),
    Address("parked_event_payload", (PARKED, "view_payload"), ParkedEvent),
    Address("retry", (PARKED, "retry_parkedevent"), is_post=True),
    Address("bury", (PARKED, "bury_parkedevent"), is_post=True),
]
each_address = pytest.mark.parametrize("address", ADDRESSES, ids=lambda each: each.name)


def tables() -> list[Any]:
    """Return what a repair may change."""
    return [list(m._default_manager.values()) for m in (DeadLetter, ParkedEvent, Repair, Book)]


@pytest.fixture(autouse=True)
def _rows(letter, parked):
    """A dead letter and a parked event."""


def test_each_address_is_here():
    """None can be added without being asked below."""
    names = [each.name for each in urlpatterns if isinstance(each, URLPattern)]
    assert names
    assert {each.name for each in ADDRESSES} == {*names}


@each_address
def test_nobody(address):
    """Who hasn't logged in sees and changes nothing."""
    before = tables()
    response = address.asked_by(APIClient())
    assert response.status_code in (401, 403)
    assert response.json() == {"detail": "Authentication credentials were not provided."}
    assert tables() == before


@each_address
def test_anybody(address):
    """Who has no permission is told which one it takes."""
    before = tables()
    response = address.asked_by(operator())
    assert response.status_code == 403
    assert all(f"event_sync.{name}" in response.json()["detail"] for name in address.needs)
    assert tables() == before


@each_address
@pytest.mark.parametrize("lacking", ALL)
def test_all_but_one(address, lacking):
    """What an address needs it needs each of, and nothing else."""
    before = tables()
    response = address.asked_by(operator(*({*ALL} - {lacking})))
    assert response.status_code == (403 if lacking in address.needs else 200), response.content
    if lacking in address.needs:
        assert f"event_sync.{lacking}" in response.json()["detail"]
        assert tables() == before


@each_address
def test_who_may_only_look(address):
    """Sees all but payloads, and does nothing."""
    before = tables()
    response = address.asked_by(operator(*VIEWS))
    assert response.status_code == (200 if {*address.needs} <= {*VIEWS} else 403)
    assert tables() == before


@each_address
def test_who_holds_just_what_it_needs(address):
    """May; and only a payload has what an event holds."""
    response = address.asked_by(operator(*address.needs))
    assert response.status_code == 200
    assert (PAYLOAD in response.content.decode()) == address.name.endswith("_payload")
    assert "no-store" in response.headers["Cache-Control"]


@each_address
def test_who_has_left(address):
    """An account that was closed opens nothing."""
    client = operator(*ALL)
    User.objects.update(is_active=False)
    assert address.asked_by(client).status_code in (401, 403)


@each_address
def test_forged_request(address):
    """A session alone changes nothing without the token of our own page."""
    before = tables()
    response = address.asked_by(operator(*ALL, enforce_csrf_checks=True))
    assert response.status_code == (403 if address.is_post else 200)
    assert not address.is_post or "CSRF" in response.json()["detail"]
    assert tables() == before


@each_address
def test_other_methods(address):
    """Are refused, and change nothing."""
    before = tables()
    client = operator(*ALL)
    if address.is_post:
        url = reverse(f"event_sync_v1:{address.name}")
        assert client.get(url).status_code == 405
    else:
        url = address.asked_by(client).wsgi_request.path
        assert client.post(url, {}, format="json").status_code == 405
    for method in (client.put, client.patch, client.delete):
        assert method(url).status_code == 405
    assert tables() == before
