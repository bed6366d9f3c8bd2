"""Snapshots are read from a service's REST API, whatever it answers on the way."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from edx_django_utils.cache import RequestCache

from discovery_course_run_sync.standalone.models import CourseRun
from shared import rest_source
from shared.models import Checkpoint
from shared.supervisor import FATAL_STATUS
from tests.library import settled, shelf
from tests.listing import KEY, SECRET, TOKEN, Listing, answers, breaks_off, hangs, served
from tests.snapshots import Ended, backfill, reconcile
from tests.testapp.models import Shelf
from tests.testapp.room import ROOM

pytestmark = [
    pytest.mark.django_db,
    # Open edX's own client asks the clock in a way that Python 3.12 deprecates.
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]

SHELVES = (ROOM, "--consumer", "shelves")
PAGES = [[{"code": code, "label": "novels"} for code in codes] for codes in ("AB", "CD", "E")]


@pytest.fixture(params=[False, True], ids=["plain", "nested"])
def listing(request, library, settings):
    """Five shelves on three pages, paged in both ways that Open edX's services have."""
    with served(Listing(PAGES, is_nested=request.param)) as found:
        settings.BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL = f"{found.url}/oauth2"
        settings.BACKEND_SERVICE_EDX_OAUTH2_KEY = KEY
        settings.BACKEND_SERVICE_EDX_OAUTH2_SECRET = SECRET
        yield found
    # It keeps the token in both.
    cache.clear()
    RequestCache.clear_all_namespaces()


def source(listing):
    """Return the options that name the listing."""
    return "--from-url", f"{listing.url}/rows/?page_size=2"


def test_every_page_is_read(listing):
    """Each once, in order, though the service doesn't know its own address."""
    ended = backfill(*SHELVES, *source(listing))
    assert (ended.status, ended.error, ended.lines) == (0, "", [])
    assert (ended.json["rows"], ended.json["outcomes"]) == (5, {"applied": 5})
    assert listing.asked == [1, 2, 3]
    assert reconcile(*SHELVES, *source(listing), "--margin", "0").status == 0


@pytest.mark.parametrize(
    "fault",
    [
        answers(500),
        answers(503, b"<html>"),
        answers(429),
        answers(429, Retry_After="0"),
        answers(429, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"),
        answers(200, b"<html>We'll be back soon"),
        breaks_off,
    ],
    ids=["500", "503", "429", "429 now", "429 with a date", "no JSON", "breaks off"],
)
def test_page_is_asked_for_again(listing, fault):
    """After a pause; nothing is lost and nothing is read twice."""
    listing.faults = {2: [fault, fault]}
    ended = backfill(*SHELVES, *source(listing))
    assert (ended.status, ended.error) == (0, "")
    assert ended.json["outcomes"] == {"applied": 5}
    assert listing.asked == [1, 2, 2, 2, 3]


def test_service_that_hangs_is_asked_again(listing, monkeypatch):
    """It is waited for so long and no longer; on a busy machine another page may be late, too."""
    monkeypatch.setattr(rest_source, "TIMEOUTS", (5, 0.5))
    listing.faults = {2: [hangs, hangs]}
    ended = backfill(*SHELVES, *source(listing))
    assert (ended.status, ended.json["rows"], Shelf.objects.count()) == (0, 5, 5)
    assert listing.asked.count(2) > 2


def test_pause_that_the_service_asks_for_is_kept(listing, monkeypatch):
    """Up to a limit."""
    pauses = []

    def wait(stop, seconds):
        pauses.append(seconds)
        return True

    monkeypatch.setattr("shared.management.snapshot_run.wait", wait)
    listing.faults = {1: [answers(429, Retry_After="7"), answers(503, Retry_After="99999")]}
    assert backfill(*SHELVES, *source(listing)).status == 0
    assert [pause for pause in pauses if pause] == [7, rest_source.LONGEST_PAUSE]


def test_page_that_cannot_be_had_ends_the_run(listing):
    """After so many tries; the same command goes on with that page."""
    listing.faults = {2: [answers(500)] * rest_source.ATTEMPTS}
    ended = backfill(*SHELVES, *source(listing))
    assert ended.status == FATAL_STATUS
    assert ended.error.startswith("Fatal: The API answered HTTP 500.")
    assert (Shelf.objects.count(), Checkpoint.objects.get().rows) == (2, 2)
    listing.asked.clear()
    ended = backfill(*SHELVES, *source(listing))
    assert (ended.status, ended.json["rows"]) == (0, 5)
    assert (listing.asked, Shelf.objects.count()) == ([2, 3], 5)
    assert not Checkpoint.objects.exists()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (answers(403, {}), "The API refused us (HTTP 403). Hint: Check BACKEND_SERVICE"),
        (answers(404), "The API answered HTTP 404"),
        (answers(200, []), "has no list of results"),
        (answers(200, {"results": {}}), "has no list of results"),
        (answers(200, {"results": [], "next": 7}), "round in circles"),
        (answers(200, {"results": [], "next": ""}), "round in circles"),
        (answers(200, {"results": [], "next": "http://["}), "round in circles"),
    ],
    ids=["403", "404", "a list", "no list", "a bad next", "an empty next", "no address"],
)
def test_answer_that_is_no_page_ends_the_run(listing, fault, says):
    """At once, in one line with the remedy; to ask again wouldn't help."""
    listing.faults = {2: [fault]}
    ended = backfill(*SHELVES, *source(listing))
    assert ended.status == FATAL_STATUS
    assert says in ended.error
    assert "\n" not in ended.error
    assert TOKEN not in ended.error
    assert listing.asked == [1, 2]


@pytest.mark.parametrize("following", [1, 2, 3])
def test_pages_that_go_round_in_circles(listing, following):
    """Without an end there is no success; what was read stays."""
    listing.next_pages = {3: following}
    ended = backfill(*SHELVES, *source(listing))
    if following == 1:  # ?page=1 has another spelling at first
        assert listing.asked == [1, 2, 3, 1]
    assert (ended.status, "round in circles" in ended.error) == (FATAL_STATUS, True)


def test_row_that_comes_twice_counts_once(listing):
    """A listing that grows meanwhile repeats what was at the end of a page."""
    listing.pages = [PAGES[0], [PAGES[0][1], PAGES[1][0]]]
    ended = backfill(*SHELVES, *source(listing))
    assert (ended.status, ended.json["outcomes"]["applied"], Shelf.objects.count()) == (0, 3, 3)


def test_bad_rows_have_the_numbers_of_the_whole(listing):
    """Also after an interruption."""
    listing.pages = [PAGES[0], ["secret", {"code": "C"}], PAGES[2]]
    listing.faults = {2: [answers(404)]}
    backfill(*SHELVES, *source(listing))
    ended = backfill(*SHELVES, *source(listing))
    assert ended.lines[1:] == ["row 3: the row: is no JSON object", "row 4: label: is not there"]
    assert (ended.status, Shelf.objects.count()) == (1, 3)


def test_live_event_that_is_newer_than_the_answer_wins(library, listing):
    """By the service's clock, less the margin; what is older than that gives way."""
    now = timezone.now()
    settled(library, shelf("A", "event", time=now - timedelta(minutes=4)))
    settled(library, shelf("B", "event", time=now - timedelta(minutes=6)))
    assert backfill(*SHELVES, *source(listing)).status == 0
    labels = dict(Shelf.objects.values_list("code", "label"))
    assert (labels["A"], labels["B"]) == ("event", "novels")


def test_clock_of_the_service_is_what_counts(library, listing):
    """Its events have that clock's times."""
    listing.clock_ahead = -3600
    settled(library, shelf("A", "event", time=timezone.now() - timedelta(minutes=30)))
    assert backfill(*SHELVES, *source(listing)).json["outcomes"]["stale"] == 1


def test_clock_of_the_service_that_is_far_ahead(listing):
    """Such rows would be deaf for live events."""
    listing.clock_ahead = 3600
    ended = backfill(*SHELVES, *source(listing))
    assert (ended.status, "clock is" in ended.error) == (FATAL_STATUS, True)
    assert not Shelf.objects.exists()


@pytest.mark.parametrize("date", ["yesterday", "Wed, 99 Foo 2026 07:28:00 GMT"])
def test_answer_without_a_good_date(library, listing, date):
    """Our own clock is the next best."""
    listing.faults = {1: [answers(200, {"results": PAGES[0], "next": None}, Date=date)]}
    settled(library, shelf("A", "event", time=timezone.now() - timedelta(minutes=6)))
    assert backfill(*SHELVES, *source(listing)).json["outcomes"] == {"applied": 2}


def test_rows_that_only_the_host_has(library, listing):
    """They were there before the first page was."""
    settled(library, *(shelf(code, time=timezone.now() - timedelta(days=1)) for code in "ABCDEX"))
    settled(library, shelf("NEW", time=timezone.now()))
    ended = reconcile(*SHELVES, *source(listing), "--complete")
    assert (ended.status, ended.json["comparison"]["extra"]) == (1, 1)


@pytest.mark.parametrize(
    "name",
    [f"BACKEND_SERVICE_EDX_OAUTH2_{part}" for part in ("PROVIDER_URL", "KEY", "SECRET")],
)
def test_account_that_is_not_set(listing, settings, name):
    """The setting is named before anything is asked."""
    setattr(settings, name, None)
    ended = backfill(*SHELVES, *source(listing))
    assert (ended.status, ended.error.startswith(f"Fatal: {name} is not set")) == (3, True)
    assert listing.asked == []


def test_account_that_is_refused(listing, settings):
    """The secret is shown nowhere."""
    settings.BACKEND_SERVICE_EDX_OAUTH2_SECRET = "another-secret"
    ended = backfill(*SHELVES, *source(listing))
    assert "The token's provider refused us (HTTP 401)" in ended.error
    assert "another-secret" not in ended.error


def test_service_that_is_not_there(library, settings):
    """It is said after some tries."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings.BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL = url
        settings.BACKEND_SERVICE_EDX_OAUTH2_KEY = KEY
        settings.BACKEND_SERVICE_EDX_OAUTH2_SECRET = SECRET
        ended = backfill(*SHELVES, "--from-url", url)
    assert ended.status == FATAL_STATUS
    assert ended.error.startswith("Fatal: The API can't be reached")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("lms.example.com/api", "--from-url is no address"),
        ("file:///etc/passwd", "--from-url is no address"),
        ("http://", "--from-url is no address"),
        ("http://[", "--from-url is no address"),
        ("http://localhost:http/", "--from-url is no address"),
        ("https://me:secret@lms.example.com/", "--from-url has a password in it"),
    ],
)
def test_bad_address(library, url, says):
    """In one line that doesn't repeat a password."""
    ended = backfill(*SHELVES, "--from-url", url)
    assert (ended.status, says in ended.error) == (FATAL_STATUS, True)
    assert "secret" not in ended.error


def test_time_of_an_address_is_its_own(library):
    """Another one is refused."""
    ended = backfill(*SHELVES, "--from-url", "http://localhost/", "--as-of", "2026-01-01T00:00:00Z")
    assert "--as-of is for files" in ended.error


def test_course_runs_of_the_lms(listing):
    """The courses API as it is, with what Discovery's own loader reads of it."""
    run = {
        "id": "course-v1:edX+Tests+2026",
        "name": "Tests",
        "start": "2026-03-01T00:00:00Z",
        "end": None,
        "enrollment_start": None,
        "enrollment_end": None,
        "pacing": "self",
        "hidden": False,
        "invitation_only": False,
        "media": {"image": {"raw": "http://example.com/image.jpg"}},
    }
    listing.pages = [[run], [run | {"id": "course-v1:edX+Tests+2027", "pacing": "nonsense"}]]
    ended = Ended("backfill", "discovery_course_run_sync", *source(listing), "--apply")
    assert ended.status == 1
    (line,) = ended.lines
    assert line.startswith("row 2: catalog_info.schedule_data.pacing: is none of")
    assert CourseRun.objects.get().pacing_type == "self_paced"
