"""Whatever is away or asked too often is one line, and never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.db import OperationalError, connection
from django.test import Client
from rest_framework.authentication import SessionAuthentication
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from shared.models import DeadLetter
from shared.rest_api.v1.operator_view import OperatorView
from shared.rest_api.v1.throttling import Scope, Throttle
from tests.operators import ALL, API, LETTERS, PARKED, operator

pytestmark = pytest.mark.django_db

PATHS = ("rooms/", "consumers/", "workers/", "outcomes/", "dead-letters/", "parked-events/")
AWAY = "The database is out of reach; the log says more. Try again later."
REPAIRS = (f"{LETTERS}replay/", f"{PARKED}retry/")


def one_line(response: Any) -> str:
    """Return why the service can't answer now."""
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/json"
    (detail,) = response.json().values()
    assert "\n" not in detail
    return str(detail)


class TestDatabase:
    """It is away."""

    @pytest.fixture
    def clients(self) -> list[APIClient]:
        """Who has logged in by a session before; and who is about to log in by a password."""
        by_password = APIClient(HTTP_AUTHORIZATION="Basic YWRhOnNlY3JldA==")
        return [operator(*ALL), by_password]

    @pytest.mark.parametrize("is_atomic", [False, True])
    def test_it_is_away(self, clients, monkeypatch, caplog, is_atomic):
        """Also where each request is to be a transaction; only the log says which server it is."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", is_atomic)

        def fail(*args: object, **kwargs: object) -> None:
            raise OperationalError(2002, "Can't connect to server on db.internal")

        monkeypatch.setattr(connection, "_cursor", fail)
        monkeypatch.setattr(connection, "set_autocommit", fail)
        for client in clients:
            client.raise_request_exception = False
            for path in PATHS:
                assert one_line(client.get(API + path)) == AWAY
            for url in REPAIRS:
                assert one_line(client.post(url, {"apply": True}, format="json")) == AWAY
        assert "request.not_answered reason=The database failed" in caplog.text

    @pytest.mark.parametrize("is_repair", [False, True])
    def test_without_table(self, is_repair):
        """The remedy is said."""

        def ask_another(execute: Any, sql: str, *args: object) -> Any:
            return execute(sql.replace("event_sync_deadletter", "away"), *args)

        client = operator(*ALL)
        with connection.execute_wrapper(ask_another):
            if is_repair:
                answer = client.post(REPAIRS[0], {"apply": True}, format="json")
            else:
                answer = client.get(LETTERS)
        assert "Are the migrations applied" in one_line(answer)


def test_cache_that_counts_is_away(monkeypatch):
    """Nobody gets round the rates by that."""

    def fail(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(LocMemCache, "get", fail)
    assert one_line(operator(*ALL).get(LETTERS))


def test_registry_is_missing(letter, settings):
    """The setting is named."""
    settings.EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = None
    type(letter).objects.update(partition=0)
    answer = operator(*ALL).get(f"{LETTERS}{letter.pk}/payload/")
    assert "EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL is not set." in one_line(answer)


def test_settings_that_are_wrong(settings):
    """They are named."""
    settings.EVENT_SYNC = {**settings.EVENT_SYNC, "BATCH_SIZES": 1}
    assert "'BATCH_SIZES'" in one_line(operator(*ALL).get(f"{API}rooms/"))


@pytest.mark.parametrize("path", PATHS)
def test_too_many_fields(path):
    """One line, and not Django's page."""
    response = operator(*ALL).get(f"{API}{path}?{'id=1&' * 2000}")
    assert response.status_code == 400
    assert response.json() == {"detail": "The request is too large, or has too many parts."}


@pytest.mark.parametrize("url", REPAIRS)
def test_too_large(url, letter, parked):
    """One line, and nothing is read of it."""
    body = '{"apply": true, "reason": "' + "x" * 3_000_000 + '"}'
    response = operator(*ALL).generic("POST", url, body, content_type="application/json")
    assert response.status_code == 400
    assert len(response.json()) == 1
    assert DeadLetter.objects.exists()


class TestRates:
    """Each account may ask so often, by what it asks for."""

    @pytest.fixture
    def rates(self, settings):
        """Set the service's rates."""

        def change(**rates: str | None) -> None:
            settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}

        return change

    def test_service_sets_its_own(self, letter, rates):
        """For one scope, and the others keep ours."""
        rates(event_sync="2/min")
        client = operator(*ALL)
        assert [client.get(LETTERS).status_code for _ in range(3)] == [200, 200, 429]
        refused = client.get(LETTERS)
        assert "throttled" in refused.json()["detail"]
        assert int(refused.headers["Retry-After"]) > 0
        assert client.post(f"{LETTERS}replay/", {}, format="json").status_code == 200
        assert operator(*ALL, name="grace").get(LETTERS).status_code == 200

    @pytest.mark.parametrize("scope", Scope)
    def test_ours(self, letter, scope):
        """Hold where a service says nothing."""
        assert not {*Scope} & api_settings.DEFAULT_THROTTLE_RATES.keys()
        allowed, _ = self.rate(scope)
        assert 0 < allowed <= 120

    def test_none(self, rates):
        """A service may leave it to its proxy."""
        rates(event_sync=None)
        client = operator(*ALL)
        assert {client.get(LETTERS).status_code for _ in range(130)} == {200}

    def test_payload_and_repairs_have_scopes_of_their_own(self, letter, rates):
        """A program that only watches uses up neither."""
        rates(event_sync_payload="1/min", event_sync_repair="1/min")
        client = operator(*ALL)
        payload = f"{LETTERS}{letter.pk}/payload/"
        assert [client.get(payload).status_code for _ in range(2)] == [200, 429]
        replay = [client.post(f"{LETTERS}replay/", {}, format="json") for _ in range(2)]
        assert [each.status_code for each in replay] == [200, 429]
        assert client.get(LETTERS).status_code == 200

    @staticmethod
    def rate(scope: Scope) -> Any:
        """Return how many requests are allowed in how many seconds."""
        throttle = Throttle()
        throttle.scope = scope
        return throttle.parse_rate(throttle.get_rate())


class OnlyTokens(SessionAuthentication):
    """A service's own way to log in, that asks for it by a header."""

    def authenticate_header(self, request: Any) -> str:
        """Return the header."""
        return "JWT"


def test_service_chooses_who_is_let_in(monkeypatch):
    """Its default authentication is ours; what it answers to a stranger is its own."""
    ours: Any = OperatorView.authentication_classes
    assert ours == api_settings.DEFAULT_AUTHENTICATION_CLASSES
    for view in _views(OperatorView):
        monkeypatch.setattr(view, "authentication_classes", (OnlyTokens,))
    response = Client().get(LETTERS)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "JWT"


def _views(view: type[OperatorView]) -> list[type[OperatorView]]:
    return [view, *(each for below in view.__subclasses__() for each in _views(below))]
