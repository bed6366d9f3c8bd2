"""What processes use, by Linux's own word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest

from tests.benchmark.usage import Usage, peak, resident

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux alone has /proc")


def burn(seconds: float) -> None:
    """Use so much of the CPU."""
    until = process_time() + seconds
    while process_time() < until:
        pass


def test_own_work_is_counted():
    """CPU seconds in the steps of the kernel's clock."""
    before = Usage.of_family(os.getpid())
    burn(0.2)
    assert (Usage.of_family(os.getpid()) - before).cpu >= 0.15


def test_ended_child_is_counted():
    """A database's connection may end before its race does."""
    before = Usage.of_family(os.getpid())
    code = "from tests.benchmark.test_usage import burn; burn(0.2)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (Usage.of_family(os.getpid()) - before).cpu >= 0.15


def test_process_is_counted_once():
    """Though it is named twice, itself and as somebody's child."""
    pid = os.getpid()
    used = Usage.of_family(pid)
    assert (Usage.of_family(pid, pid) - used).cpu <= used.cpu / 2


def test_peak_is_no_less_than_what_is_held():
    """Both in bytes."""
    assert peak(os.getpid()) >= resident(os.getpid()) > 1_000_000
