"""A title with its subtitle, in the one column that the table has for both."""

from __future__ import annotations

_BETWEEN = ": "


def joined(title: str, subtitle: str | None) -> str:
    """Return both as one text."""
    return title if subtitle is None else f"{title}{_BETWEEN}{subtitle}"


def parted(text: str) -> tuple[str, str | None]:
    """Return title and subtitle of such a text."""
    title, _, subtitle = text.partition(_BETWEEN)
    return title, subtitle or None
