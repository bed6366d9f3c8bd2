"""Printing for people, perhaps into a pipe: it has no width, and its reader may leave early."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from django.core.management.base import OutputWrapper
from rich.console import Console, RenderableType

_WIDTH_OF_A_PIPE = 1000


def drawn(stdout: OutputWrapper | TextIO, *parts: RenderableType) -> str:
    """Return tables and lines as they are drawn: a pipe has no width to fold into.

    What is in brackets is text as any other.
    """
    width = None if stdout.isatty() else _WIDTH_OF_A_PIPE
    console = Console(width=width, markup=False, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def print_whole(stdout: OutputWrapper, text: str) -> None:
    """Print a text; it is no error if nobody reads it to its end, for what was done is done."""
    try:
        stdout.write(text)
        stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, to where it can't fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
