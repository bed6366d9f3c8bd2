"""What others call in Credentials: its own views where it is, their words where it isn't."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings

from tests.hosts.credentials.rows import objects


def post_grade(run: Any, username: str = "learner-7", **values: Any) -> None:
    """Post a grade to the REST API, as the LMS does, which updates or creates it blindly."""
    values = {"letter_grade": "B", "percent_grade": "0.87", "verified": True} | values
    if not apps.is_installed("credentials.apps.api"):
        objects("records.UserGrade").update_or_create(
            username=username, course_run=run, defaults=values
        )
        return
    from credentials.apps.api.v2.views import GradeViewSet  # type: ignore[import-not-found]

    view = GradeViewSet.as_view({"post": "create"})
    body = {"username": username, "course_run": run.key} | {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
    _call(view, body, site=run.course.site, is_superuser=True, is_staff=True)


def replace_username(old: str, new: str) -> None:
    """Rename a learner wherever Credentials has the username: how the LMS retires one, too."""
    if not apps.is_installed("credentials.apps.api"):
        objects("core.User").filter(username=old).update(username=new, full_name="")
        objects("records.UserGrade").filter(username=old).update(username=new)
        return
    from credentials.apps.api.v2.views import UsernameReplacementView

    body = {"username_mappings": [{old: new}]}
    answer = _call(
        UsernameReplacementView.as_view(),
        body,
        username=settings.USERNAME_REPLACEMENT_WORKER,  # type: ignore[misc]
    )
    assert answer["successful_replacements"] == [{old: new}]


def _call(view: Any, body: Any, *, site: Any = None, **caller: Any) -> Any:
    from rest_framework.test import (
        APIRequestFactory,
        force_authenticate,
    )

    request = APIRequestFactory().post("/", body, format="json")
    request.site = site
    user = objects("core.User").model(**{"username": "worker"} | caller)
    force_authenticate(request, user=user)
    response = view(request)
    assert response.status_code in (200, 201), response.data
    return response.data
