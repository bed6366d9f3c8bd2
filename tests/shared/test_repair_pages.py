"""Staff repair in the admin what they may, after a page that says what will happen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from shared import repair_pages
from shared.exceptions import TransientError
from shared.models import DeadLetter, ParkedEvent, Repair
from shared.repairs import By
from tests.library import DIRECT, book, settled
from tests.testapp.models import Book, Shelf

pytestmark = pytest.mark.django_db

PAYLOAD = "Persuasion"
ACTIONS = {
    "replay": (DeadLetter, "replay_deadletter"),
    "discard": (DeadLetter, "discard_deadletter"),
    "retry": (ParkedEvent, "retry_parkedevent"),
    "bury": (ParkedEvent, "bury_parkedevent"),
}
VIEWS = ("view_deadletter", "view_parkedevent")
each_action = pytest.mark.parametrize("action", ACTIONS)
each_model = pytest.mark.parametrize("model", [DeadLetter, ParkedEvent])


@pytest.fixture(autouse=True)
def _rows(library):
    """A dead book that could be written by now, and one that waits for its shelf."""
    settled(library, book("1", PAYLOAD, **DIRECT), book("2", PAYLOAD, code="nowhere", **DIRECT))
    parked = ParkedEvent.objects.get(waiting_for="shelves:a")
    DeadLetter.objects.create(
        room=parked.room,
        consumer=parked.consumer,
        event_type=parked.event_type,
        error="It was <b>broken</b>.",
        buried_at=parked.parked_at,
        **DeadLetter.columns_of(parked.message),
    )
    parked.delete()
    Shelf.objects.create(sync_key="a", code="A")


def client_of(*permissions: str, **options: Any) -> Client:
    """Return a client of a member of staff with these permissions."""
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(**options)
    client.force_login(user)
    return client


def url(model: type[models.Model], view: str, *args: object) -> str:
    """Return the address of an admin page."""
    return reverse(f"admin:event_sync_{model._meta.model_name}_{view}", args=args)


def post(client: Client, action: str, **more: str) -> Any:
    """Choose an action for all rows of its list."""
    model, _ = ACTIONS[action]
    ids = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)]
    data = {"action": action, ACTION_CHECKBOX_NAME: ids, **more}
    return client.post(url(model, "changelist"), data)


def said(response: Any) -> str:
    """Return the messages of a response."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def tables() -> list[Any]:
    """Return what a repair may change."""
    return [list(m._default_manager.values()) for m in (DeadLetter, ParkedEvent, Repair, Book)]


@each_action
def test_action_asks_first(action):
    """The page says what will happen to how many of what, and nothing has happened yet."""
    before = tables()
    response = post(client_of(*VIEWS, ACTIONS[action][1]), action)
    assert response.status_code == 200
    content = response.content.decode()
    assert "org.openedx.tests.book.changed.v1" in content
    assert re.search(r"<td>\s*1\s*</td>", content)
    assert getattr(repair_pages, action.upper()).meaning in content
    assert PAYLOAD not in content
    assert tables() == before


def test_replay():
    """The row is there; the message says how it ended, and the repair who did it and why."""
    response = post(
        client_of(*VIEWS, "replay_deadletter"), "replay", confirmed="yes", reason="mended"
    )
    assert response.status_code == 302
    assert "Replay: 1 applied." in said(response)
    assert Book.objects.get().title == PAYLOAD
    repair = Repair.objects.get()
    assert (repair.actor, repair.action, repair.reason) == ("ada", "replay", "mended")


def test_discard():
    """Gone for good, with its reason."""
    client = client_of(*VIEWS, "discard_deadletter")
    assert "1 discarded" in said(post(client, "discard", confirmed="yes", reason="a test"))
    assert not DeadLetter.objects.exists()
    assert Repair.objects.get().reason == "a test"


def test_retry_and_bury():
    """What waits is due, then dead."""
    client = client_of(*VIEWS, "retry_parkedevent", "bury_parkedevent")
    assert "1 due" in said(post(client, "retry", confirmed="yes"))
    assert ParkedEvent.objects.get().retry_at.year == 1970
    assert "1 buried" in said(post(client, "bury", confirmed="yes", reason="no such shelf"))
    assert not ParkedEvent.objects.exists()
    assert DeadLetter.objects.count() == 2


@pytest.mark.parametrize("action", ["discard", "bury"])
@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001, "a\0b"])
def test_reason_that_is_missing_or_too_long(action, reason):
    """It is asked for again, and nothing is done."""
    before = tables()
    client = client_of(*VIEWS, ACTIONS[action][1])
    response = post(client, action, confirmed="yes", reason=reason)
    assert response.status_code == 200
    assert b"errorlist" in response.content
    assert tables() == before


@pytest.mark.parametrize("held", ["", *(permission for _, permission in ACTIONS.values())])
@each_action
def test_each_action_has_its_own_permission(action, held):
    """Who lacks it isn't offered the action, and can't ask for it by hand."""
    model, needed = ACTIONS[action]
    client = client_of(*VIEWS, "view_payload", held)
    offered = f'<option value="{action}">' in client.get(url(model, "changelist")).content.decode()
    assert offered == (held == needed)
    before = tables()
    post(client, action, confirmed="yes", reason="x")
    assert (tables() != before) == (held == needed)


@each_action
def test_permission_to_act_alone_shows_nothing(action):
    """Who may not view the list can't act from it."""
    before = tables()
    response = post(client_of(ACTIONS[action][1]), action, confirmed="yes", reason="x")
    assert response.status_code == 403
    assert tables() == before


@each_action
def test_forged_request_is_refused(action):
    """A post without the token of our own page changes nothing."""
    before = tables()
    client = client_of(*VIEWS, ACTIONS[action][1], enforce_csrf_checks=True)
    assert post(client, action, confirmed="yes", reason="x").status_code == 403
    assert tables() == before


def test_page_that_asks_has_the_token():
    """With it, what is confirmed is done."""
    client = client_of(*VIEWS, "replay_deadletter", enforce_csrf_checks=True)
    page = client.get(url(DeadLetter, "changelist"))
    asked = post(client, "replay", csrfmiddlewaretoken=str(page.context["csrf_token"]))
    found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', asked.content.decode())
    assert found
    post(client, "replay", confirmed="yes", reason="x", csrfmiddlewaretoken=found[1])
    assert Book.objects.exists()


def test_what_comes_after_the_page_is_not_in_it():
    """Also when all rows of the list were chosen."""
    client = client_of(*VIEWS, "discard_deadletter")
    page = post(client, "discard", select_across="1").content.decode()
    shown = re.findall(rf'name="{ACTION_CHECKBOX_NAME}" value="(\d+)"', page)
    assert shown == [str(DeadLetter.objects.get().pk)]


def test_too_many_at_a_time(monkeypatch):
    """The commands are for that; nothing is begun."""
    monkeypatch.setattr(repair_pages, "MOST", 0)
    before = tables()
    response = post(client_of(*VIEWS, "replay_deadletter"), "replay", confirmed="yes", reason="x")
    assert "use the commands" in said(response)
    assert tables() == before


def test_refusal_is_said_before_and_after():
    """Who could take it is looked at twice."""
    DeadLetter.objects.update(consumer="films")
    client = client_of(*VIEWS, "replay_deadletter")
    reason = "has no consumer &#x27;films&#x27;"
    assert f"Will be refused: room &#x27;tests.testapp&#x27; {reason}" in (
        post(client, "replay").content.decode()
    )
    assert "has no consumer 'films'" in said(post(client, "replay", confirmed="yes", reason="x"))


def test_destination_that_cannot_work(settings):
    """One line with the remedy, and no page of Django's own."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "DESTINATIONS": {}}
    client = client_of(*VIEWS, "replay_deadletter")
    for more in ({}, {"confirmed": "yes", "reason": "x"}):
        response = post(client, "replay", **more)
        assert response.status_code == 302
        assert "'books' has no destination. Hint:" in said(response)


def test_transient_failure(monkeypatch):
    """It says how far it came."""

    def fail(*args: object, **kwargs: object) -> None:
        raise TransientError("The database failed.")

    monkeypatch.setattr("shared.replay.settle", fail)
    response = post(client_of(*VIEWS, "replay_deadletter"), "replay", confirmed="yes", reason="x")
    assert "Stopped after 0: The database failed." in said(response)
    assert DeadLetter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_requests_that_are_transactions(monkeypatch):
    """A host may have it so; each batch has a transaction of its own nevertheless."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    seen: list[bool] = []

    def look(*arguments: str) -> By:
        seen.append(connection.in_atomic_block)
        return By(*arguments)

    monkeypatch.setattr("shared.repair_pages.By", look)
    post(client_of(*VIEWS, "discard_deadletter"), "discard", confirmed="yes", reason="x")
    assert seen == [False]
    assert not DeadLetter.objects.exists()


class TestPayload:
    """What an event holds is shown to those who may see it, and that is logged."""

    @each_model
    def test_it_is_shown_and_logged(self, model, caplog):
        """With who looked; the log has nothing of the event."""
        response = self.look(client_of(*VIEWS, "view_payload"), model)
        assert response.status_code == 200
        assert PAYLOAD in response.content.decode()
        assert "no-store" in response.headers["Cache-Control"]
        (record,) = (each for each in caplog.records if each.action == "payload.shown")
        assert record.fields["actor"] == "ada"
        assert PAYLOAD not in caplog.text

    @each_model
    @pytest.mark.parametrize("held", [(), VIEWS, ("view_payload",)])
    def test_both_permissions_are_needed(self, model, held, caplog):
        """To view the row, and to see what it holds."""
        response = self.look(client_of(*held), model)
        assert response.status_code == 403
        assert PAYLOAD.encode() not in response.content
        assert "payload.shown" not in caplog.text

    @each_model
    def test_link_is_there_for_those_who_may_follow_it(self, model):
        """And for nobody else."""
        pk = model.objects.get().pk
        client = client_of(*VIEWS)
        assert b"../payload/" not in client.get(url(model, "change", pk)).content
        User.objects.get().user_permissions.add(Permission.objects.get(codename="view_payload"))
        assert b"../payload/" in client.get(url(model, "change", pk)).content

    @pytest.mark.parametrize("pk", ["999999", "x", "9" * 30, "²"])
    def test_no_such_row(self, pk):
        """Not found, whatever it is called."""
        client = client_of(*VIEWS, "view_payload")
        assert client.get(url(DeadLetter, "payload", pk)).status_code == 404

    def test_stranger(self):
        """Is asked to log in."""
        response = self.look(Client(), DeadLetter)
        assert response.status_code == 302
        assert "login" in response.headers["Location"]

    def test_registry_is_missing(self, settings):
        """One line, on the page."""
        settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = None
        DeadLetter.objects.update(partition=0)
        content = self.look(client_of(*VIEWS, "view_payload"), DeadLetter).content.decode()
        assert "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL is not set." in content

    @staticmethod
    def look(client: Client, model: Any) -> Any:
        """Ask for the page of the only row."""
        return client.get(url(model, "payload", model.objects.get().pk))


def test_text_of_a_row_is_no_markup():
    """Whatever an error holds is shown as it is."""
    content = client_of(*VIEWS).get(url(DeadLetter, "changelist")).content
    assert b"&lt;b&gt;broken" in content
    assert b"<b>broken</b>" not in content
