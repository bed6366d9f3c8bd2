"""What a message holds is shown at no address to those who may not see it."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from shared.models import DeadLetter, ParkedEvent
from tests.library import DIRECT, book, settled, shelf
from tests.snapshots import Ended

pytestmark = pytest.mark.django_db

PAYLOAD = "Persuasion"
_PLACE = re.compile(r"<[^>]*>|\(\?P<\w+>(?:[^()]|\([^()]*\))*\)")
"""Where an address has an id, in a path's form and in a regular expression's."""


@pytest.fixture(autouse=True)
def _rows(library):
    """A parked event and a dead letter."""
    events = (book("1", PAYLOAD, code="B", **DIRECT), book("2", PAYLOAD, price=-1, **DIRECT))
    settled(library, shelf(), *events)


def addresses(pk: int) -> Iterator[str]:
    """Yield every address that this project's pages and interfaces have, with this id."""
    for address in _walk(get_resolver(), ""):
        if "event_sync" in address or "event-sync" in address:
            yield "/" + _PLACE.sub(str(pk), address)


def _walk(resolver: URLResolver, before: str) -> Iterator[str]:
    for each in resolver.url_patterns:
        address = before + str(each.pattern).strip("^$").replace("\\Z", "")
        if isinstance(each, URLPattern):
            yield address.replace("\\.", ".").replace("/?", "/")
        else:
            yield from _walk(each, address)


def client(*, without: str) -> Client:
    """Return a client of a member of staff who may do everything but this."""
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename=without))
    found = Client(raise_request_exception=False)
    found.force_login(user)
    return found


@pytest.fixture(params=[DeadLetter, ParkedEvent])
def stored(request):
    """The message, and the ways in which it may be written."""
    row = request.param.objects.get()
    value = bytes(row.value)
    return row, [PAYLOAD.encode(), b64encode(value), value.hex().encode()]


def test_no_address_shows_it(stored):
    """To those who may do everything but see it."""
    row, forms = stored
    staff = client(without="view_payload")
    seen = {address: staff.get(address) for address in set(addresses(row.pk))}
    assert any(answer.status_code == 200 for answer in seen.values())
    shown = [
        address
        for address, answer in seen.items()
        if any(form in _content(answer) for form in forms)
    ]
    assert shown == []
    assert [a for a in seen if a.endswith("/payload/")], "The page itself was asked for, too."


def test_who_may_see_it_does(stored, caplog):
    """So that the test above looks at the right addresses; the look is logged."""
    row, (text, *_) = stored
    admin = client(without="nothing")
    with caplog.at_level(logging.WARNING, logger="shared.payloads"):
        answers = [admin.get(address) for address in set(addresses(row.pk))]
    assert [each for each in answers if text in _content(each)]
    assert "payload.shown" in caplog.text
    assert PAYLOAD not in caplog.text


@pytest.mark.parametrize(
    "arguments",
    [
        ("dead_letters", "list"),
        ("dead_letters", "replay"),
        ("dead_letters", "replay", "--apply"),
        ("parked", "list"),
        ("parked", "retry"),
        ("sync_status",),
        ("prune_event_sync",),
    ],
    ids=" ".join,
)
def test_no_command_prints_it_unasked(arguments, caplog):
    """Only ``dead_letters show --payload`` does, which logs it."""
    with caplog.at_level(logging.DEBUG):
        ended = [Ended(*arguments), Ended(*arguments, "--json")]
        shown = Ended("dead_letters", "show", str(DeadLetter.objects.get().pk), "--json")
    told = "".join(each.output + each.error + "".join(each.lines) for each in [*ended, shown])
    assert told
    assert PAYLOAD not in told + caplog.text


def _content(answer) -> bytes:
    return b"" if answer.streaming else bytes(answer.content)
