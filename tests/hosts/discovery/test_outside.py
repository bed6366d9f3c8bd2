"""Saving a row tells others of it: what they fail at, and how often they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pytest
from django.db import transaction
from django.db.models.signals import post_save
from django.utils.module_loading import import_string
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ReadTimeout

from shared.exceptions import ConfigurationError, Outage
from shared.models import AppliedEvent, DeadLetter
from shared.outcomes import Outcome
from tests.hosts.discovery.events import published
from tests.hosts.discovery.rows import (
    KEY,
    make_course,
    make_partner,
    make_run,
    make_runs,
    model,
    runs,
    said,
)

APPLIED, DEAD = Outcome.APPLIED, Outcome.DEAD
OTHER = "course-v1:other+Tests+2026"
URL = "https://salesforce.example.com/"
NEW = "course-v1:new+Tests+2026"


def salesforce_error(name: str, status: int | None, content: Any = "") -> Exception:
    """Return an error of simple_salesforce, which needn't be installed: Discovery has it."""
    path = f"simple_salesforce.exceptions.{name}"
    if find_spec("simple_salesforce"):
        make: Callable[..., Exception] = import_string(path)
        return make("INVALID_LOGIN", "no") if status is None else make(URL, status, "run", content)
    parent = type("SalesforceError", (Exception,), {"__module__": path.rpartition(".")[0]})
    known = {} if status is None else {"status": status, "content": content}
    error: Exception = type(name, (parent,), {"__module__": parent.__module__} | known)()
    return error


@contextmanager
def saved(name: str, act: Callable[[Any], None]) -> Iterator[None]:
    """Let something be done while a row of a model is saved, as Discovery's own receivers do it."""

    def receive(sender: Any, instance: Any, **_: Any) -> None:
        act(instance)

    post_save.connect(receive, sender=model(name))
    try:
        yield
    finally:
        post_save.disconnect(receive, sender=model(name))


@contextmanager
def salesforce_fails(error: Exception) -> Iterator[None]:
    """Salesforce fails whenever a run of a title is saved."""

    def fail(run: Any) -> None:
        if run.title_override == "Tests":
            raise error

    with saved("CourseRun", fail):
        yield


AWAY = [
    ("SalesforceGeneralError", 503, ""),
    ("SalesforceGeneralError", 500, ""),
    ("SalesforceGeneralError", 429, ""),
    ("SalesforceRefusedRequest", 403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]),
    ("SalesforceExpiredSession", 401, ""),
    ("SalesforceAuthenticationFailed", None, ""),
    ("SalesforceMalformedRequest", 400, [{"errorCode": "UNABLE_TO_LOCK_ROW"}]),
]
NOBODY_ANSWERS = [RequestsConnectionError("x"), ReadTimeout("x")]
REFUSED = [
    ("SalesforceMalformedRequest", 400, [{"errorCode": "STRING_TOO_LONG"}]),
    ("SalesforceResourceNotFound", 404, ""),
    ("SalesforceMoreThanOneRecord", 300, ""),
]


@pytest.mark.parametrize(
    "error",
    [*(salesforce_error(*each) for each in AWAY), *NOBODY_ANSWERS],
    ids=lambda error: f"{type(error).__name__}-{getattr(error, 'status', '')}",
)
def test_outage_of_salesforce_is_waited_out(partner, send, error):
    """No event is buried for it, and none is followed."""
    pair = make_runs(partner)
    before = [said(run) for run in pair]
    name = f"{type(error).__module__}.{type(error).__name__}"
    with (
        salesforce_fails(error),
        pytest.raises(Outage, match=rf"^Course Discovery can't reach a service: {name}\.$"),
    ):
        send(published(1))
    assert [said(run) for run in pair] == before
    assert not DeadLetter.objects.exists()
    assert send(published(1)) == [APPLIED]


@pytest.mark.parametrize("error", [salesforce_error(*each) for each in REFUSED])
def test_what_salesforce_refuses_is_buried_alone(partner, send, error):
    """It would be refused again; the neighbour is followed."""
    make_runs(partner)
    other = make_run(make_course(partner, key="other+Tests"), key=OTHER)
    with salesforce_fails(error):
        assert send(published(1), published(1, OTHER, name="Other")) == [DEAD, APPLIED]
    assert said(other)["title_override"] == "Other"


def test_others_are_told_once_whatever_comes_with_it(partner, send):
    """What can't be written is no reason to save its neighbours once more, nor to tell of them."""
    others = make_course(make_partner("other"), key="edX+Bad")
    make_run(others, key="course-v1:edX+Bad+2026")
    make_run(make_course(partner))
    good, bad = [published(1), published(1, NEW)], published(1, "course-v1:edX+Bad+2026")

    def told_of(*events: Any) -> list[str]:
        told: list[str] = []
        note = lambda row: told.append(row.key)  # noqa: E731
        with saved("CourseRun", note), saved("Organization", note):
            outcomes.extend(send(*events))
        return told

    outcomes: list[Outcome] = []
    with transaction.atomic():
        alone = told_of(*good)
        transaction.set_rollback(True)
    assert {KEY, NEW, "new"} == set(alone)
    assert told_of(*good, bad) == alone
    assert outcomes == [APPLIED] * 4 + [DEAD]


@pytest.mark.parametrize("lost", ["CourseType", "CourseRunType"])
def test_type_that_is_not_there_stops_the_worker(partner, send, lost):
    """It is no event's fault that Discovery lacks the row; nothing is followed or buried."""
    model(lost).objects.filter(slug="empty").delete()
    with pytest.raises(ConfigurationError) as raised:
        send(published(1))
    assert raised.value.message == f"Discovery has no {lost} whose slug is 'empty'."
    assert "Make it in Discovery's admin" in raised.value.hint
    assert not DeadLetter.objects.exists()
    assert not AppliedEvent.objects.exists()
    assert runs() == []


def test_type_is_not_asked_for_where_the_run_is_there(partner, send):
    """A Discovery without it follows what it has."""
    model("CourseRunType").objects.filter(slug="empty").delete()
    run = make_run(make_course(partner))
    assert send(published(1)) == [APPLIED]
    assert said(run)["title_override"] == "Tests"
