"""The dashboard is for staff with its permission, and each of its numbers leads to its rows."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from itertools import chain
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shared import registry
from shared.models import Dashboard, DeadLetter, OutcomeCount, ParkedEvent, WorkerMinute
from shared.states import State
from shared.status import statuses
from tests.grades import ROOM
from tests.shared.dashboard.days import park_and_bury, work

pytestmark = pytest.mark.django_db

CONSUMER = "user-grades"
LISTS: tuple[type[Model], ...] = (DeadLetter, OutcomeCount, ParkedEvent, WorkerMinute)
LINK = re.compile(r'<a href="([^"]+\?[^"]+)">([^<]+)</a>')


def address(model: str = "dashboard") -> str:
    """Return where a list of ours is."""
    return reverse(f"admin:event_sync_{model}_changelist")


def client_of(*models: str, **values: Any) -> Client:
    """Return a client of somebody who may view these."""
    user = User.objects.create_user("somebody", **({"is_staff": True} | values))
    names = [f"view_{model}" for model in models]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def links_in(answer: Any) -> list[tuple[str, str]]:
    """Return the links to lists with filters, and what their texts are."""
    found = LINK.findall(answer.content.decode())
    return [(unescape(url), text) for url, text in found if url.startswith("/admin/event_sync/")]


@pytest.fixture
def now() -> datetime:
    """When it is."""
    return timezone.now()


@pytest.fixture
def day(now) -> None:
    """A room with two workers, some parked events, and some dead ones."""
    work(ROOM, CONSUMER, now=now)
    park_and_bury(ROOM, CONSUMER, now=now)
    park_and_bury(ROOM, "", now=now, count=2)


def test_it_has_the_name_that_leads_to_it() -> None:
    """The admin's index and the page call it the same."""
    client = client_of("dashboard")
    index = client.get(reverse("admin:index")).content.decode()
    (name,) = set(re.findall(rf'<a href="{address()}"[^>]*>([^<]+)</a>', index)) - {"View"}
    assert f"<h1>{name}</h1>" in client.get(address()).content.decode()


@pytest.mark.parametrize(
    ("models", "values", "status"),
    [
        (["dashboard"], {}, 200),
        ([], {}, 403),
        (["workerminute", "deadletter"], {}, 403),
        (["dashboard"], {"is_staff": False}, 302),
        (["dashboard"], {"is_active": False}, 302),
        ([], {"is_superuser": True}, 200),
    ],
)
def test_who_may_see_it(models, values, status):
    """Staff who have its own permission."""
    assert client_of(*models, **values).get(address()).status_code == status


def test_strangers_have_to_log_in(client):
    """They are led to the admin's own page for that."""
    answer = client.get(address())
    assert answer.status_code == 302
    assert reverse("admin:login") in answer.url


def test_the_admin_leads_to_it(admin_client):
    """From its index, as to any list; there is nothing to add."""
    index = admin_client.get(reverse("admin:index")).content.decode()
    assert f'<a href="{address()}"' in index
    assert f"{address()}add/" not in index


def test_any_site_of_a_host_can_have_it(rf, day):
    """Its links lead to where that site has what they name; what it hasn't, they don't."""
    site = admin.AdminSite("another")
    site.register(WorkerMinute)
    model = admin.site.get_model_admin(Dashboard).__class__
    request = rf.get("/")
    request.user = User.objects.create_superuser("somebody")
    answer = model(Dashboard, site).changelist_view(request)
    assert request.current_app == "another"
    rendered = answer.render().content.decode()  # type: ignore[attr-defined]
    assert "/workerminute/?" in rendered
    assert "/deadletter/?" not in rendered


def test_numbers_are_those_of_the_status(admin_client, day):
    """What the page says is what sync_status says."""
    answer = admin_client.get(address())
    links = links_in(answer)
    (status,) = (s for s in statuses(registry.rooms(), now=answer.context["now"]) if s.room == ROOM)
    outcomes = chain.from_iterable(
        (*consumer.last_hour.values(), *consumer.last_day.values()) for consumer in status.consumers
    )
    expected = [f"{n:,}" for n in outcomes if n]
    found = [text for url, text in links if "/outcomecount/" in url]
    assert len(expected) > 8
    assert sorted(found) == sorted(expected)
    minutes = [text for url, text in links if "/workerminute/" in url]
    assert f"{status.messages_per_second:,}" in minutes
    assert {"host-1:7", "host-2:7"} <= {*minutes}


@pytest.mark.parametrize("query", ["", "?span=day"])
def test_each_number_leads_to_its_rows(admin_client, day, query):
    """All of them are there, and no others."""
    links = links_in(admin_client.get(address() + query))
    seen = set()
    for url, text in links:
        answer = admin_client.get(url)
        assert answer.status_code == 200
        rows = answer.context["cl"].queryset
        assert rows.exists(), url
        seen.add(rows.model)
        if rows.model in (DeadLetter, ParkedEvent):
            assert f"{rows.count():,}" == text
    assert seen == {*LISTS}


def test_counts_lead_to_rows_that_add_up_to_them(admin_client, day):
    """In the columns of the list, whatever the outcome."""
    page = admin_client.get(address())
    (room,) = (room for room in page.context["rooms"] if room.status.room == ROOM)
    grades = next(consumer for consumer in room.consumers if consumer.name == CONSUMER)
    checked = set()
    for row in grades.outcomes:
        for url, text in LINK.findall(row.hour + row.day):
            rows = admin_client.get(unescape(url)).context["cl"].queryset
            assert f"{sum(rows.values_list(row.outcome, flat=True)):,}" == text
            checked.add(row.outcome)
    assert checked >= {"applied", "stale", "parked", "dead"}


def test_events_that_no_consumer_has_seen_have_rows_too(admin_client, day):
    """The filter for no name is one."""
    links = links_in(admin_client.get(address()))
    url = next(url for url, _ in links if "/deadletter/" in url and url.endswith("consumer="))
    assert {row.consumer for row in admin_client.get(url).context["cl"].queryset} == {""}


def test_links_are_for_those_who_may_see_the_rows(day):
    """Others read the mere number."""
    answer = client_of("dashboard", "deadletter").get(address())
    models = {url.split("/")[3] for url, _ in links_in(answer)}
    assert models == {"deadletter"}
    assert b"host-1:7" in answer.content


@pytest.mark.parametrize("query", ["?span=week", "?span=", "?refresh=1", "?span=hour&refresh=off"])
def test_unknown_choices(admin_client, query):
    """One line says what is known."""
    answer = admin_client.get(address() + query)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.decode().endswith("span is hour or day, refresh is on or left out.")
    assert b"\n" not in answer.content


def test_it_reloads_only_where_that_is_wanted(admin_client):
    """Whoever reads with a screen reader isn't thrown back to the beginning."""
    assert b"http-equiv" not in admin_client.get(address()).content
    wanted = admin_client.get(address() + "?refresh=on").content
    assert b'<meta http-equiv="refresh" content="60">' in wanted


def test_problems_are_said(admin_client, now):
    """In words, next to the room and at the page's top."""
    work(ROOM, now=now, minutes=1, state=State.FAILED, reason="<b>No such table.</b>")
    content = admin_client.get(address()).content.decode()
    assert "&lt;b&gt;No such table.&lt;/b&gt;" in content
    assert "<b>No such" not in content
    assert content.count("to look at") == 2 * len(registry.rooms())


def test_a_room_that_is_well(admin_client, now):
    """It is said of it, too."""
    work(ROOM, now=now, minutes=1)
    assert admin_client.get(address()).content.count(b"&#10003; well") == 2


def test_queries_are_as_many_for_a_day_as_for_nothing(admin_client, now, day):
    """Neither workers, nor minutes, nor consumers, nor letters add one."""

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(address() + "?span=day")
        return len(captured)

    many = queries()
    for model in LISTS:
        model._default_manager.all().delete()
    assert queries() == many


def test_no_script_and_no_style_within(admin_client, day):
    """What it draws is kept by the strictest policy."""
    content = admin_client.get(address()).content.decode()
    plots = re.findall(r"<svg[^>]*event-sync-plot.*?</svg>", content, flags=re.DOTALL)
    assert len(plots) > 3
    for plot in plots:
        assert re.search(r'role="img" aria-label="[^"]+"', plot)
        assert not re.search(r"<style|<script|style=|href|https?://(?!www.w3.org/2000/svg)", plot)
    assert "style=" not in content
    assert "onclick" not in content


def test_no_room(admin_client, monkeypatch):
    """A service without rooms is told what to do."""
    monkeypatch.setattr(registry, "rooms", lambda: ())
    assert b"No room is registered" in admin_client.get(address()).content
