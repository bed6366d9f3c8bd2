"""A real Chromium that looks at pages, at a width and in colours, and says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.services import chromium

_OURS_ALONE = "default-src 'self'"
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Whatever is wider than the window, and isn't within something that scrolls by itself.
_CLIPPED = """
() => [...document.querySelectorAll('main text, main dd, main dt, main figcaption, main h2')]
  .filter(e => { const r = e.getBoundingClientRect(), svg = e.closest('svg');
    const box = svg ? svg.getBoundingClientRect() : {left: 0, right: innerWidth};
    return r.width && (r.left < box.left - 1 || r.right > box.right + 1); })
  .map(e => e.textContent)
"""
_OVERLAPPING = """
() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text')];
  const boxes = texts.map(each => [each.textContent, each.getBoundingClientRect()]);
  const meet = (p, q) =>
    p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
  return boxes.flatMap(([a, p], n) => boxes.slice(n + 1)
    .filter(([b, q]) => meet(p, q))
    .map(([b]) => `${a} and ${b}`)); })
"""


@dataclass
class Look:
    """What came of looking at a page."""

    status: int
    requests: list[str]
    complaints: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    overflow: int = 0
    clipped: list[str] = field(default_factory=list)
    overlapping: list[str] = field(default_factory=list)
    background: str = ""


@contextmanager
def browsing() -> Iterator[Any]:
    """A browser for the length of a block, in which Django's tables aren't asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.program())
        try:
            yield browser
        finally:
            browser.close()


def look(
    browser: Any,
    url: str,
    *,
    session: str,
    width: int,
    scheme: str,
    theme: str = "auto",
    picture: Path | None = None,
) -> Look:
    """Open a page of the admin under a strict policy, unfold all of it, and say what was seen."""
    context = browser.new_context(viewport={"width": width, "height": 1200}, color_scheme=scheme)
    context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
    context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    page = context.new_page()
    seen = Look(status=0, requests=[])
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("response", lambda answer: None if answer.ok else seen.failed.append(answer.url))
    page.on("requestfailed", lambda request: seen.failed.append(request.url))
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.route(url, _with_policy)
    answer = page.goto(url, wait_until="load")
    seen.status = answer.status
    if picture:
        page.screenshot(path=picture.with_stem(f"{picture.stem}-top"))
        page.screenshot(path=picture, full_page=True)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    seen.overflow = page.evaluate(_OVERFLOW)
    seen.clipped = page.evaluate(_CLIPPED)
    seen.overlapping = page.evaluate(_OVERLAPPING)
    seen.background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    return seen


def _with_policy(route: Any) -> None:
    answer = route.fetch()
    headers = {**answer.headers, "content-security-policy": _OURS_ALONE}
    route.fulfill(response=answer, headers=headers)
