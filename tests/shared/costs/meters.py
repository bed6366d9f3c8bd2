"""What a turn of a worker is measured by: counts that know no clock."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from django.db import connection

_HERE = str(Path(__file__).parent)


class Statements:
    """The statements of a turn until its offsets are committed.

    What a worker asks for by the clock, it asks for between that and the next batch.
    """

    def begin(self) -> None:
        """Begin to listen."""
        self._heard: list[str] = []
        connection.force_debug_cursor = True
        connection.queries_log.clear()

    def tell_committed(self) -> None:
        """Keep what was heard."""
        self._heard = [query["sql"] for query in connection.queries_log]

    def end(self) -> list[str]:
        """Return it."""
        connection.force_debug_cursor = False
        return self._heard


class Calls:
    """The calls of a turn, of Python's functions and of those in C, by name.

    Those that the tests make aren't counted.
    """

    def begin(self) -> None:
        """Begin to count."""
        self._calls: Counter[Any] = Counter()
        sys.setprofile(self._count)

    def tell_committed(self) -> None:
        """Go on: what is kept in mind after a commit is work as well."""

    def end(self) -> Counter[str]:
        """Return how often which function was called."""
        sys.setprofile(None)
        named: Counter[str] = Counter()
        for function, number in self._calls.items():
            named[_name(function)] += number
        return named

    def _count(self, frame: FrameType, event: str, arg: Any) -> None:
        if event == "call":
            function: Any = frame.f_code
        elif event == "c_call":
            function = getattr(arg, "__qualname__", arg)
        else:
            return
        if not frame.f_code.co_filename.startswith(_HERE):
            self._calls[function] += 1


def _name(function: Any) -> str:
    if isinstance(function, CodeType):
        return f"{Path(function.co_filename).name}:{function.co_qualname}"
    return str(function)


class Blocks:
    """How many blocks of memory a turn holds, at most, at a statement of its or at its commit."""

    def begin(self) -> None:
        """Take stock."""
        gc.collect()
        gc.disable()
        connection.execute_wrappers.append(self._look)
        self._most = self._before = sys.getallocatedblocks()

    def tell_committed(self) -> None:
        """Take stock again."""
        self._most = max(self._most, sys.getallocatedblocks())

    def end(self) -> int:
        """Return by how many there were more."""
        connection.execute_wrappers.remove(self._look)
        gc.enable()
        return self._most - self._before

    def _look(self, execute: Any, *statement: Any) -> Any:
        self.tell_committed()
        return execute(*statement)


class Kept:
    """The bytes that are still there after a turn, of all since tracemalloc was started."""

    def begin(self) -> None:
        """Nothing is to be done."""

    def tell_committed(self) -> None:
        """Nothing is to be done."""

    def end(self) -> int:
        """Take stock."""
        gc.collect()
        now, _ = tracemalloc.get_traced_memory()
        return now
