"""What processes use, as Linux counts it in /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.services.processes import Process

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
# After the name, which is in brackets and may hold blanks: utime, stime, and of ended children.
_CPU = slice(11, 15)


@dataclass(frozen=True)
class Usage:
    """CPU seconds, and bytes that were sent to be stored."""

    cpu: float = 0.0
    written: int = 0

    @classmethod
    def of_family(cls, *pids: int) -> Usage:
        """Return what processes, their children and so on have used since they began."""
        members = {pid for each in pids for pid in _family(each)}
        return sum(map(cls._of, members), cls())

    @classmethod
    def _of(cls, pid: int) -> Usage:
        try:
            stat = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            io = (_PROC / str(pid) / "io").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return cls()  # it has ended meanwhile: its parent counts it
        ticks = sum(map(int, stat[_CPU]))
        return cls(ticks / _TICKS, int(io.partition("\nwrite_bytes:")[2].split()[0]))

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.cpu + other.cpu, self.written + other.written)

    def __sub__(self, other: Usage) -> Usage:
        return Usage(self.cpu - other.cpu, self.written - other.written)


def resident(pid: int) -> int:
    """Return how many bytes of memory a process holds now."""
    return _memory(pid, "VmRSS:")


def peak(pid: int) -> int:
    """Return the most bytes of memory that a process has held."""
    return _memory(pid, "VmHWM:")


def peak_of_family(pid: int) -> int:
    """Return the most bytes of memory that one of a process and its children has held."""
    return max(map(peak, _family(pid)))


def _memory(pid: int, line: str) -> int:
    status = (_PROC / str(pid) / "status").read_text()
    return int(status.partition(line)[2].split()[0]) * 1024


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Process.of(pid).descendants():
        yield child.pid
