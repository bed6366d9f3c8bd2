"""Puts something in the place of what a library has, wherever the project has got it from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest


def put_instead(monkeypatch: pytest.MonkeyPatch, original: Any, stand_in: Any) -> None:
    """Let every module of ``shared``, and of the original's own package, have the stand-in."""
    packages = ("shared", original.__module__.partition(".")[0])
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] in packages:
            for attribute, value in [*vars(module).items()]:
                if value is original:
                    monkeypatch.setattr(module, attribute, stand_in)


def spy_on(monkeypatch: pytest.MonkeyPatch, original: Callable[..., Any]) -> list[tuple[Any, ...]]:
    """Return a list that gets the arguments of each call."""
    calls: list[tuple[Any, ...]] = []

    def spy(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        return original(*args, **kwargs)

    put_instead(monkeypatch, original, spy)
    return calls
