"""Rows from the REST API of an Open edX service, page after page, by the service's own account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.conf import settings as django_settings
from django.utils import timezone

from shared.conf import get_settings
from shared.exceptions import ConfigurationError, FatalError, TransientError
from shared.reactions import describe
from shared.snapshots import Row, UnreadableRow, as_row
from shared.sources import Page, PlacedRow

ATTEMPTS = 8
"""How often a page is asked for before the run gives up."""
TIMEOUTS = (5.0, 60.0)
"""How long to wait for a connection and for an answer, in seconds."""
LONGEST_PAUSE = 300.0
"""The longest pause that a service may ask for."""

_ACCOUNT = (
    "BACKEND_SERVICE_EDX_OAUTH2_PROVIDER_URL",
    "BACKEND_SERVICE_EDX_OAUTH2_KEY",
    "BACKEND_SERVICE_EDX_OAUTH2_SECRET",
)
"""Open edX's settings for the account by which a service calls others."""


class ApiSource:
    """A listing with ``results`` and ``next``, as Django REST framework pages them.

    ``wait`` pauses for so many seconds and returns False if it was told to stop.
    """

    def __init__(self, url: str, wait: Callable[[float], bool]) -> None:
        self._url = _checked(url)
        self._session = _session()
        self._wait = wait

    @property
    def name(self) -> str:
        """The address."""
        return self._url.geturl()

    def pages(self, start: str) -> Iterator[Page]:
        """Yield the pages; ends early if it was told to stop while it waited for one.

        Raises ``TransientError`` if a page can't be had for long, ``FatalError`` for an answer that
        is no page and for pages that go round in circles.
        """
        number, _, query = start.partition(" ") if start else ("0", "", self._url.query)
        count, seen = int(number), set[str]()
        while found := self._ask(query):
            seen.add(query)
            body, taken_at = found
            rows = tuple(_rows(body["results"], count))
            count += len(rows)
            query = self._next(body, seen)
            yield Page(
                rows=rows,
                next=f"{count} {query}" if query else "",
                taken_at=taken_at,
                done=count,
                total=_number(_paging(body).get("count")),
            )
            if not query:
                return

    def _ask(self, query: str) -> tuple[Any, datetime] | None:
        """Return a page and when it was true; None if told to stop while waiting for it."""
        url = urlunsplit(self._url._replace(query=query))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._try(url)
            except _Again as again:
                failure = again
            if attempt < ATTEMPTS:
                pause = failure.pause or get_settings().pause_after(attempt)
                if not self._wait(min(pause, LONGEST_PAUSE)):
                    return None
        raise TransientError(f"{failure} It was asked {ATTEMPTS} times.")

    def _try(self, url: str) -> tuple[Any, datetime]:
        from requests import HTTPError, RequestException

        asked_at = timezone.now()
        try:
            response = self._session.get(url, timeout=TIMEOUTS)
            body = _body(response)
        except HTTPError as error:  # only the token's request raises it
            raise _meaning_of(error.response, "The token's provider") from error
        except RequestException as error:
            raise _Again(f"The API can't be reached: {describe(error)}.") from error
        return body, _taken_at(response, asked_at)

    def _next(self, body: Any, seen: set[str]) -> str:
        """Return the query of the next page, empty if there is none.

        No more of its address is taken: it may be that of a server behind a proxy, and our token is
        for nobody else.
        """
        url = _paging(body).get("next")
        if url is None:
            return ""
        parts = _split(url)
        query = parts.query if parts else ""
        if not query or query in seen:
            raise FatalError(
                "The API's pages go round in circles.",
                hint="Each page has to name another one as the next; give the listing an order.",
            )
        return query


class _Again(TransientError):
    """A page that may be had by asking once more, after ``pause`` seconds if that is set."""

    def __init__(self, message: str, pause: float = 0) -> None:
        super().__init__(message)
        self.pause = pause


def _checked(url: str) -> SplitResult:
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            "--from-url is no address of HTTP.", hint="Write it as in https://lms.example.com/api/…"
        )
    if parts.username or parts.password:
        raise ConfigurationError(
            "--from-url has a password in it.", hint=f"The account is set by {_ACCOUNT[1]}."
        )
    return parts


def _split(url: object) -> SplitResult | None:
    """Return the parts of an address, or None if it is none."""
    try:
        parts = urlsplit(str(url))
        parts.port  # noqa: B018 - it is looked at only when it is asked for
    except ValueError:
        return None
    return parts


def _session() -> Any:
    """Return a client that gets itself a token. Raises ``ConfigurationError``."""
    for name in _ACCOUNT:
        if not getattr(django_settings, name, None):
            raise ConfigurationError(
                f"{name} is not set: without an account no API can be asked.",
                hint="Make an OAuth2 application for client credentials in the LMS, and set "
                f"{', '.join(_ACCOUNT)}.",
            )
    from edx_rest_api_client.client import OAuthAPIClient

    return OAuthAPIClient(*(getattr(django_settings, name) for name in _ACCOUNT))


def _body(response: Any) -> Any:
    """Return a page's content, which has ``results``. Raises what another answer means."""
    if response.status_code != 200:
        raise _meaning_of(response, "The API")
    try:
        body = response.json()
    except ValueError as error:
        raise _Again("The API answered with what is no JSON.") from error
    if not isinstance(body, dict) or not isinstance(body.get("results"), list):
        raise FatalError(
            "The API's answer has no list of results.", hint="Name the address of a listing."
        )
    return body


def _meaning_of(response: Any, who: str) -> TransientError | FatalError:
    status = response.status_code
    if status in (401, 403):
        return FatalError(
            f"{who} refused us (HTTP {status}).",
            hint=f"Check {_ACCOUNT[1]} and _SECRET, and what their user may read.",
        )
    if status in (408, 429) or status >= 500:
        return _Again(f"{who} answered HTTP {status}.", _asked_pause(response))
    return FatalError(f"{who} answered HTTP {status}.", hint="Check the address.")


def _asked_pause(response: Any) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0


def _taken_at(response: Any, asked_at: datetime) -> datetime:
    """Return a time, by the service's own clock if it tells, at which the page was true.

    It is that of the answer less what the answer took, for the rows were read in between.
    """
    try:
        answered = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return asked_at
    if answered.tzinfo is None:
        return asked_at
    ahead = answered - timezone.now()
    if ahead > timedelta(seconds=get_settings().max_clock_skew):
        raise FatalError(
            f"The API's clock is {ahead} ahead of ours.",
            hint="Set the clocks: such rows would make theirs deaf to events.",
        )
    elapsed: timedelta = response.elapsed
    return answered - elapsed


def _paging(body: Any) -> Any:
    """Return what has ``next`` and ``count``: some services have them in a part of its own."""
    paging = body.get("pagination", body)
    return paging if isinstance(paging, dict) else {}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _rows(results: list[object], before: int) -> Iterator[PlacedRow]:
    for number, values in enumerate(results, start=before + 1):
        yield PlacedRow(f"row {number}", _parsed(values))


def _parsed(values: object) -> Row | UnreadableRow:
    try:
        return as_row(values)
    except UnreadableRow as problem:
        return problem
