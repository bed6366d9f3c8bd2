"""Lays code out as ``ruff format`` does, so that what is generated needs no formatter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from textwrap import fill
from typing import TypeAlias

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Brackets:
    """Something in brackets: on one line if it fits, or else with a line for each item."""

    head: str
    items: tuple[Code, ...]
    tail: str = ")"
    is_tuple: bool = False


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Operands joined by ``and``, after a head such as ``name=``."""

    head: str
    operands: tuple[Code, ...]


Code: TypeAlias = str | Brackets | Conjunction


def flat(code: Code) -> str:
    """Return code on one line."""
    if isinstance(code, str):
        return code
    if isinstance(code, Conjunction):
        return code.head + " and ".join(map(flat, code.operands))
    comma = "," if code.is_tuple and len(code.items) == 1 else ""
    return f"{code.head}{', '.join(map(flat, code.items))}{comma}{code.tail}"


def laid_out(code: Code, indent: int, after: int = 1) -> str:
    """Return code whose first line begins at ``indent``; ``after`` it come so many characters."""
    line = flat(code)
    if indent + len(line) + after <= WIDTH:
        return line
    margin, inner = " " * indent, indent + 4
    if isinstance(code, str):
        return _split_text(line, indent) if line.startswith('"') else line
    if isinstance(code, Conjunction):
        return f"{code.head}(\n{_operands(code.operands, inner)}\n{margin})"
    items = "".join(f"{' ' * inner}{laid_out(item, inner)},\n" for item in code.items)
    return f"{code.head}\n{items}{margin}{code.tail}"


def _operands(operands: Sequence[Code], indent: int) -> str:
    margin, line = " " * indent, " and ".join(map(flat, operands))
    if indent + len(line) <= WIDTH:
        return margin + line
    lines = [margin + laid_out(operands[0], indent, 0)]
    # Where the second operand's brackets end doesn't depend on the word before it.
    lines += [f"{margin}and {laid_out(each, indent, 4)}" for each in operands[1:]]
    return "\n".join(lines)


def _split_text(literal: str, indent: int) -> str:
    """Return a dotted path, as a literal that is too long for its line, in pieces."""
    lines, line = [], ""
    for part in literal.strip('"').replace(".", " .").split(" "):
        if line and indent + len(line) + len(part) + 3 > WIDTH:
            lines.append(line)
            line = ""
        line += part
    return f"\n{' ' * indent}".join(f'"{each}"' for each in [*lines, line])


def statement(code: Code, indent: int = 0) -> str:
    """Return a statement with its margin."""
    return " " * indent + laid_out(code, indent, 0)


@dataclass(frozen=True, order=True, slots=True)
class Import:
    """A name from a module; without a name, the module itself."""

    module: str
    name: str = ""


def import_block(imports: Iterable[Import], is_ours: Callable[[str], bool], indent: int = 0) -> str:
    """Return imports in the order of isort: standard library, others' packages, ours."""
    sections: dict[int, dict[str, set[str]]] = {0: {}, 1: {}, 2: {}}
    for each in imports:
        top = each.module.partition(".")[0]
        section = 0 if top in sys.stdlib_module_names else 2 if is_ours(top) else 1
        sections[section].setdefault(each.module, set()).add(each.name)
    return "\n\n".join(_section(section, indent) for section in sections.values() if section)


def _section(section: dict[str, set[str]], indent: int) -> str:
    margin = " " * indent
    whole = [f"{margin}import {module}" for module in sorted(section) if "" in section[module]]
    parts = [(module, names - {""}) for module, names in sorted(section.items())]
    return "\n".join([*whole, *(_import(*part, indent) for part in parts if part[1])])


def _import(module: str, names: set[str], indent: int) -> str:
    ordered = sorted(names, key=lambda name: (not name.isupper(), name.islower(), name))
    line = f"{' ' * indent}from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return statement(Brackets(f"from {module} import (", tuple(ordered)), indent)


def docstring(text: str, indent: int = 0) -> str:
    """Return a docstring with its margin, on one line if it fits."""
    margin = " " * indent
    if indent + len(text) + 6 <= WIDTH:
        return f'{margin}"""{text}"""'
    # Clearly more than one line: one that nearly fits is for linters a one-line docstring.
    lines = fill(f'"""{text}', WIDTH - 20, initial_indent=margin, subsequent_indent=margin)
    return f'{lines}\n{margin}"""'


def comment(text: str, indent: int) -> str:
    """Return a comment with its margin."""
    margin = f"{' ' * indent}# "
    return fill(text, WIDTH, initial_indent=margin, subsequent_indent=margin)


def headed(head: str, code: Code) -> Code:
    """Return code after a head."""
    return head + code if isinstance(code, str) else replace(code, head=head + code.head)


def call(head: str, text: Code) -> Code:
    """Return code of a value after a head; a call is such that its arguments can be broken."""
    if not isinstance(text, str):
        return headed(head, text)
    name, bracket, rest = text.partition("(")
    if not bracket or not text.endswith(")") or '"' in name:
        return head + text
    return Brackets(f"{head}{name}(", tuple(rest.removesuffix(")").split(", ")))
