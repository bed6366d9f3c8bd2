"""Each setting is annotated where it is declared and listed in the docs, with its true default."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest

from shared import conf

ROOT = Path(__file__).parents[2]
ANNOTATION = re.compile(
    r"# \.\. setting_name: EVENT_SYNC\['(\w+)'\]\n"
    r" +# \.\. setting_default: (.+)\n"
    r" +# \.\. setting_description: (.+(?:\n +#   .+)*)\n"
    r" +(\w+): "
)
TABLE_ROW = re.compile(r"^\| `([A-Z_]+)` \| `([^`]+)` \| \S", re.MULTILINE)


def declared() -> dict[str, Any]:
    """Return every setting with its default, as the code has it."""
    return {field.name.upper(): _default(field) for field in fields(conf.Settings)}


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def annotated() -> list[tuple[str, str, str, str]]:
    """Return name, default, description and field of each annotation."""
    return ANNOTATION.findall(Path(conf.__file__).read_text())


def documented() -> dict[str, str]:
    """Return every setting with its default, as the docs have it."""
    text = (ROOT / "docs" / "reference" / "settings.md").read_text()
    section = text.split("## `EVENT_SYNC`\n", 1)[1].split("\n## ", 1)[0]
    return dict(TABLE_ROW.findall(section))


def test_every_setting_is_annotated():
    """In the order of declaration, each once."""
    assert [name for name, *_ in annotated()] == list(declared())


def test_annotation_stands_above_its_setting():
    """The name in the annotation is that of the field below it."""
    assert [(name, name.lower()) for name, *_ in annotated()] == [
        (name, field) for name, _, _, field in annotated()
    ]


@pytest.mark.parametrize("name", declared())
def test_annotated_default_is_true(name):
    """It reads as Python, and as the value in the code."""
    defaults = {name: default for name, default, *_ in annotated()}
    assert ast.literal_eval(defaults[name]) == declared()[name]


def test_docs_list_every_setting_and_no_other():
    """In the order of declaration."""
    assert list(documented()) == list(declared())


@pytest.mark.parametrize("name", declared())
def test_documented_default_is_true(name):
    """It reads as Python, and as the value in the code."""
    assert ast.literal_eval(documented()[name]) == declared()[name]
