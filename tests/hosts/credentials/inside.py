"""What is done inside Credentials during its walk."""

from __future__ import annotations

from decimal import Decimal

from rest_framework.test import APIClient

from tests.hosts.credentials.rows import (
    KEY,
    grades,
    make_program,
    make_run,
    make_site,
    make_user,
    objects,
)

_DOMAIN = "credentials.example.org"


def prepare() -> None:
    """Save a site with a run of a program, a learner, and the LMS's user."""
    site = make_site()
    site.domain = _DOMAIN
    site.save()
    make_program(site, make_run(site))
    make_user()
    make_user(username="lms", lms_user_id=None, is_superuser=True, is_staff=True)


def write(value: str, time: str) -> None:
    """Post a grade to the REST API, as the LMS does."""
    client = APIClient()
    client.force_authenticate(objects("core.User").get(username="lms"))
    grade = {
        "username": "learner-7",
        "course_run": KEY,
        "letter_grade": "Pass",
        "percent_grade": value,
        "verified": True,
        "lms_last_updated_at": time,
    }
    response = client.post("/api/v2/grades/", grade, HTTP_HOST=_DOMAIN)
    assert response.status_code == 201, response.content


def says() -> str:
    """Return the percentage of the one grade."""
    percent: Decimal = grades().get().percent_grade
    return f"{percent:.2f}"
