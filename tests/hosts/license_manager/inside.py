"""What is done inside License Manager during its walk."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from edx_rest_framework_extensions.auth.jwt.cookies import (  # type: ignore[import-not-found]
    jwt_cookie_name,
)
from edx_rest_framework_extensions.auth.jwt.tests.utils import (  # type: ignore[import-not-found]
    generate_jwt_token,
    generate_unversioned_payload,
)
from rest_framework.test import APIClient

from tests.hosts.license_manager.events import PLAN
from tests.hosts.license_manager.rows import get_plan, make_plan


def _users() -> Any:
    return get_user_model()._default_manager


def prepare() -> None:
    """Save a plan of a customer, and the provisioning service's user."""
    make_plan(desired_num_licenses=1)
    _users().create(username="provisioning", email="provisioning@example.com")


def write(value: str, time: str) -> None:
    """Change the plan by the API, as a provisioning service does."""
    user = _users().get(username="provisioning")
    client = APIClient()
    client.force_authenticate(user)
    roles = {"roles": ["enterprise_provisioning_admin:*"]}
    payload = generate_unversioned_payload(user) | roles
    client.cookies[jwt_cookie_name()] = generate_jwt_token(payload)
    path = f"/api/v1/provisioning-admins/subscriptions/{PLAN}/"
    plan = {"title": value, "change_reason": "other"}
    response = client.patch(path, plan, format="json")
    assert response.status_code == 200, response.content


def says() -> str:
    """Return the plan's title."""
    return str(get_plan().title)
