"""Printing into a pipe whose reader may leave when it has enough, as ``head`` does."""

from __future__ import annotations

import os
import sys

from django.core.management.base import OutputWrapper

READER_LEFT = 141
"""How a shell calls the end of a program by SIGPIPE, which Python ignores."""


def print_whole(stdout: OutputWrapper, text: str) -> None:
    """Print a text, and end without a word if nobody reads it to its end."""
    try:
        stdout.write(text)
        stdout.flush()
    except BrokenPipeError:
        # At its end Python flushes once more, and would complain of the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(READER_LEFT)
