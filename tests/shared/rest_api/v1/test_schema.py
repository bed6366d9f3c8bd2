"""The schema in the docs is that of the code, and what the API answers conforms to it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from tests.grades import ROOM
from tests.operators import ALL, PAYLOAD

pytestmark = pytest.mark.django_db

FILE = Path(__file__).parents[4] / "docs" / "reference" / "openapi.yaml"
RAW = yaml.safe_load(FILE.read_text())
OPERATIONS = [(path, method) for path, methods in RAW["paths"].items() for method in methods]
CHECKS = (
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
)
BOUNDED = settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
each_operation = pytest.mark.parametrize(
    ("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS]
)


def operation_of(raw: dict[str, Any], path: str, method: str) -> Any:
    """Return an operation of a schema, for the live application."""
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = get_wsgi_application()
    return schema[path][method]


def fields(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield names and schemas of what may be asked with."""
    if isinstance(node, list):
        for each in node:
            yield from fields(each)
    elif isinstance(node, dict):
        if "in" in node and "schema" in node:
            yield node["name"], node["schema"]
        yield from node.get("properties", {}).items()
        for each in node.values():
            yield from fields(each)


def narrowed(**values: Any) -> dict[str, Any]:
    """Return the schema with these values for these fields, of which something is there."""
    raw: dict[str, Any] = deepcopy(RAW)
    bodies = {n: each for n, each in raw["components"]["schemas"].items() if n.endswith("Body")}
    assert bodies
    for name, schema in fields([raw["paths"], bodies]):
        if name in values:
            narrow = schema.get("items", schema)
            narrow.clear()
            narrow["enum"] = values[name]
    return raw


@pytest.fixture(autouse=True)
def _connection_stays() -> Iterator[None]:
    """A request's end closes no connection that the test's transaction is on."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def test_file_in_the_docs(tmp_path):
    """After a change: ``manage.py spectacular --file docs/reference/openapi.yaml``."""
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--file", str(made), "--validate", "--fail-on-warn")
    assert made.read_text() == FILE.read_text()


@pytest.fixture
def account(settings) -> dict[str, str]:
    """Return the header by which somebody who may do all of it logs in."""
    rates = dict.fromkeys(("event_sync", "event_sync_repair", "event_sync_payload"))
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = User.objects.create_user("ada", password="secret")
    user.user_permissions.set(Permission.objects.filter(codename__in=ALL))
    return {"Authorization": f"Basic {b64encode(b'ada:secret').decode()}"}


def answers(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> set[int]:
    """Ask whatever the schema allows, or doesn't, and return what was answered."""
    found: set[int] = set()

    @seed(1)
    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)
        found.add(response.status_code)
        assert "payload" in operation.path or PAYLOAD not in response.text

    ask()
    return found


@each_operation
def test_what_there_is(path, method, account, letter, parked):
    """Asked for what is there it answers as the schema says, and something is answered."""
    raw = narrowed(
        id=[letter.pk if "dead" in path else parked.pk],
        room=["tests.testapp", ROOM],
        consumer=["books"],
        event_type=[letter.event_type],
        after=[0],
    )
    assert 200 in answers(operation_of(raw, path, method), GenerationMode.POSITIVE, account)


@each_operation
@pytest.mark.parametrize("mode", GenerationMode)
def test_whatever_is_asked(path, method, mode, account, letter, parked):
    """Well-formed or not: the server doesn't fail, and what isn't meant is refused."""
    found = answers(operation_of(RAW, path, method), mode, account)
    assert found <= {200, 400, 404}
    assert mode is GenerationMode.POSITIVE or found & {400, 404}


@each_operation
def test_stranger(path, method, letter, parked):
    """Is let in nowhere, whatever is asked."""

    @seed(1)
    @settings(BOUNDED, max_examples=5)
    @given(case=operation_of(RAW, path, method).as_strategy())
    def ask(case: Any) -> None:
        assert case.call().status_code in (401, 403)

    ask()
