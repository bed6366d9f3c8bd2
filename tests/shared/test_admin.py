"""The admin shows what is stored to those who may look, changes nothing and hides the payload."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import models
from django.test import Client
from django.urls import reverse

from credentials_grades_sync.standalone.models import UserGrade
from shared.admin import ReadOnlyAdmin
from shared.models import (
    DeadLetter,
    OutcomeCount,
    ParkedEvent,
    Repair,
    ShadowFailure,
    ShadowRecord,
    WorkerMinute,
)
from tests.library import NOW, book, settled, shelf
from tests.shadows import kept
from tests.shared.dashboard.days import work

pytestmark = pytest.mark.django_db

OURS = (
    DeadLetter,
    ParkedEvent,
    Repair,
    OutcomeCount,
    WorkerMinute,
    ShadowRecord,
    ShadowFailure,
)
PAYLOAD = "Persuasion"


@pytest.fixture
def staff() -> Client:
    """A client of somebody who may view our tables and nothing else."""
    user = User.objects.create_user("staff", is_staff=True)
    names = [f"view_{model._meta.model_name}" for model in OURS]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def _rows(library):
    """A row or two in each table, three of them with a payload."""
    orphan, poison = book("1", PAYLOAD, code="nowhere"), book("2", PAYLOAD, price=-1)
    settled(library, shelf(), orphan, poison)
    Repair.objects.create(at=NOW, actor="ada", action="replay", place="t[0]@1", result="stale")
    work("a room", now=NOW, minutes=1)
    kept(library, book("1", PAYLOAD), book("2", PAYLOAD, time=NOW + timedelta(days=1)))


def url(model: type[models.Model], view: str, *args: object) -> str:
    """Return the address of an admin page."""
    return reverse(f"admin:event_sync_{model._meta.model_name}_{view}", args=args)


def row(model: type[models.Model]) -> models.Model:
    """Return a row of a table."""
    found = model._default_manager.first()
    assert found
    return found


@pytest.mark.parametrize("model", OURS)
def test_list_and_row_are_shown(staff, model):
    """The permission to view is enough."""
    assert staff.get(url(model, "changelist")).status_code == 200
    assert staff.get(url(model, "change", row(model).pk)).status_code == 200


@pytest.mark.parametrize("model", OURS)
def test_search_and_filters_work(staff, model):
    """They name columns that are there."""
    model_admin = admin.site.get_model_admin(model)
    for name in model_admin.list_filter:
        assert staff.get(url(model, "changelist"), {name: "x"}).status_code == 200
    if model_admin.search_fields:
        assert staff.get(url(model, "changelist"), {"q": "x"}).status_code == 200


@pytest.mark.parametrize("model", OURS)
def test_payload_is_never_shown(staff, model):
    """Neither in the list nor in the row, as text or as the bytes' own form."""
    pages = [url(model, "changelist"), url(model, "change", row(model).pk)]
    for page in pages:
        content = staff.get(page).content
        assert PAYLOAD.encode() not in content
        assert b"field-value" not in content
        assert b"field-key" not in content


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (DeadLetter, "value__regex"),
        (ParkedEvent, "key__contains"),
        (ShadowRecord, "record__contains"),
        (ShadowRecord, "sync_key"),
    ],
)
def test_what_is_hidden_cannot_be_guessed(staff, model, lookup):
    """No list is narrowed by what isn't shown: its length would tell it."""
    assert staff.get(url(model, "changelist"), {lookup: PAYLOAD}).status_code == 400


@pytest.mark.parametrize("lookup", ["error__regex", "error__iregex", "room__regex"])
def test_regular_expressions_are_refused(staff, lookup):
    """One that the database can't read would be an error of ours."""
    assert staff.get(url(DeadLetter, "changelist"), {lookup: "("}).status_code == 400


@pytest.mark.parametrize("model", OURS)
def test_nobody_changes_anything(admin_client, model):
    """Not even a superuser adds, changes or deletes."""
    pk = row(model).pk
    assert admin_client.get(url(model, "add")).status_code == 403
    assert admin_client.post(url(model, "change", pk), {"room": "x"}).status_code == 403
    assert admin_client.post(url(model, "delete", pk), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=pk).exists()


@pytest.mark.parametrize("model", OURS)
def test_no_action_is_offered(admin_client, model):
    """There is no "delete selected" either."""
    assert b"delete_selected" not in admin_client.get(url(model, "changelist")).content


def test_without_permission_nothing_is_shown(staff):
    """The staff may view what they were given, and no more."""
    User.objects.get().user_permissions.clear()
    assert staff.get(url(DeadLetter, "changelist")).status_code == 403


def test_every_table_of_this_project_is_read_only():
    """A room's own tables, too, are written by events only."""
    ours = [
        model_admin
        for model, model_admin in admin.site._registry.items()
        if model._meta.app_config and model.__module__.split(".")[0].endswith(("shared", "_sync"))
    ]
    assert UserGrade in [model_admin.model for model_admin in ours]
    assert all(isinstance(model_admin, ReadOnlyAdmin) for model_admin in ours)
