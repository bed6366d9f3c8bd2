"""Printing into a pipe whose reader may leave when it has enough, as ``head`` does."""

from __future__ import annotations

import os
import sys

from django.core.management.base import OutputWrapper


def print_whole(stdout: OutputWrapper, text: str) -> None:
    """Print a text; it is no error if nobody reads it to its end, for what was done is done."""
    try:
        stdout.write(text)
        stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, to where it can't fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
