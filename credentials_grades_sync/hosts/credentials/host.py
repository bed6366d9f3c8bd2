"""What the destination relies on in Credentials, and how it looks for rows there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connections
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from shared.hosts import Host
from shared.records import fold_key

CREDENTIALS = Host(
    name="Credentials",
    models={
        "catalog.Course": ("site",),
        "catalog.CourseRun": ("course", "key", "programs"),
        "catalog.Program": ("site", "status"),
        "core.SiteConfiguration": ("records_enabled",),
        "core.User": ("lms_user_id", "username"),
        "records.UserGrade": (
            "username",
            "course_run",
            "letter_grade",
            "percent_grade",
            "verified",
            "lms_last_updated_at",
        ),
        "sites.Site": ("domain", "siteconfiguration"),
    },
)


def rows_of(label: str) -> QuerySet[Any]:
    """Return all rows of one of Credentials' models."""
    rows: QuerySet[Any] = CREDENTIALS.model(label)._default_manager.all()
    return rows


def spelled(rows: QuerySet[Any], column: str, texts: Collection[str]) -> QuerySet[Any]:
    """Return the rows whose column holds one of these texts, in upper or lower case.

    What MySQL's collation takes for equal, accents included, is among them: compare by ``fold``.
    """
    plain = Q(**{f"{column}__in": texts})
    if connections[rows.db].vendor == "mysql":
        return rows.filter(plain)  # only a bare column has an index
    lower = {text.lower() for text in texts}
    folded: QuerySet[Any] = rows.alias(lower_case=Lower(column))
    return folded.filter(plain | Q(lower_case__in=lower))


def fold(text: str) -> str:
    """Return the one spelling by which texts are compared."""
    return fold_key((text,))


def found(*searches: QuerySet[Any], lock: bool) -> list[Any]:
    """Return the rows of these searches in one model by id, and locked in that order.

    They are looked for without a lock: who searches with one locks what isn't there as well, and
    deadlocks with who inserts it.
    """
    keys = sorted({pk for search in searches for pk in search.values_list("pk", flat=True)})
    rows = searches[0].model._default_manager.filter(pk__in=keys).order_by("pk")
    return list(rows.select_for_update() if lock else rows)
