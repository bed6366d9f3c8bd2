"""The guide's exports make files that ``backfill`` takes, row by row what the events say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from enterprise_license_sync.standalone.models import (
    License,
    LicensedEnrollment,
    SubscriptionPlan,
)
from tests.enterprise_license_sync.producers.rows import (
    COURSE_KEY,
    EMAIL,
    LEARNER,
    enroll,
    make_license,
    make_plan,
    note_license,
)
from tests.snapshots import backfill, reconcile

pytestmark = pytest.mark.django_db

ROOM = "enterprise_license_sync"
GUIDE = (Path(__file__).parents[2] / "docs" / "how_to" / "backfill.md").read_text()
_, LICENSE_MANAGER, LMS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
FILES = {
    "subscription-plans": "plans.jsonl",
    "licenses": "licenses.jsonl",
    "licensed-enrollments": "enrollments.jsonl",
}
DAY = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def files(tmp_path, monkeypatch, capsys):
    """Plans, a license and its enrollment, exported by the guide's examples, and their time."""
    monkeypatch.chdir(tmp_path)
    make_plan(title="Other", desired_num_licenses=None)
    license_ = make_license(
        status="assigned", lms_user_id=LEARNER, user_email=EMAIL, assigned_date=DAY
    )
    enroll()
    note_license(license_.uuid)
    for example in (LICENSE_MANAGER, LMS):
        exec(example, {})
    as_of = capsys.readouterr().out.split()[1]
    return [
        (ROOM, "--consumer", consumer, "--from", name, "--as-of", as_of)
        for consumer, name in FILES.items()
    ]


def test_exports_are_brought(files):
    """In the order of the guide; afterwards all agrees."""
    for arguments in files:
        ended = backfill(*arguments)
        assert (ended.status, ended.error, ended.lines) == (0, "", [])
    for arguments in files:
        assert reconcile(*arguments).status == 0
    assert SubscriptionPlan.objects.count() == 2
    license_ = License.objects.get()
    assert (license_.status, license_.user_email) == ("assigned", EMAIL)
    enrollment = LicensedEnrollment.objects.get()
    assert (enrollment.license, enrollment.course_key) == (license_, str(COURSE_KEY))
