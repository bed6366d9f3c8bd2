"""The settings that a host's page names, as a maintainer copies them, with real addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.hosts.environment import CHECKOUT
from tests.hosts.walks.description import Walk

_PREFIX = re.compile(r"(EVENT_BUS_TOPIC_PREFIX\W+)prod\b")


def block(host: str, language: str, prefix: str, addresses: Mapping[str, str]) -> str:
    """Return the page's settings with these values in the place of its own."""
    page = (CHECKOUT / f"docs/how_to/install_in_{host}.md").read_text()
    blocks = re.findall(rf"```{language}\n(.*?)\n```", page, re.DOTALL)
    [text] = [each for each in blocks if "DESTINATIONS" in each]
    for told, real in addresses.items():
        assert told in text, f"The page doesn't say {told}."
        text = text.replace(told, real)
    text, found = _PREFIX.subn(rf"\g<1>{prefix}", text)
    assert found == 1
    return f"{text}\n"


def files(walk: Walk, text: str, own: Mapping[str, Any], modes: Mapping[str, str]) -> list[str]:
    """Return what the host's settings file holds, and the module that extends its settings."""
    if walk.block == "yaml":
        said = f"EVENT_SYNC:\n  MODES: {json.dumps(modes)}\n"
        return [_yaml(own) + text.replace("EVENT_SYNC:\n", said), ""]
    text = f'{text}EVENT_SYNC["MODES"] = {dict(modes)!r}\n' if modes else text
    if walk.is_module:
        return [_yaml(own), text]
    settings: dict[str, Any] = {}
    exec(text, {}, settings)
    return [_yaml({**own, **settings}), ""]


def _yaml(settings: Mapping[str, Any]) -> str:
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())
