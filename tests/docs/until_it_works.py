"""Run a worker of ``manage.py`` until it has started and committed a batch; then stop it.

Its output and its exit status become those of this script, which imports nothing but Python's own.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from threading import Timer

PATIENCE = 60.0
STARTED = re.compile(r"worker\.started\b.*?\broom=(\S+)")
LAUNCHED = "worker.launched"


def works(lines: list[str], rooms: int) -> bool:
    """Return whether so many rooms have a worker, and one of them has settled something."""
    started = {found[1] for line in lines if (found := STARTED.search(line))}
    return len(started) >= rooms and any("batch.committed" in line for line in lines)


def main() -> int:
    """Run it, and return its exit status."""
    rooms = int(os.environ["ROOMS"]) if "--all" in sys.argv else 1
    process = subprocess.Popen(
        [sys.executable, *sys.argv[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    lines: list[str] = []
    is_told = False
    timer = Timer(PATIENCE, process.kill)
    timer.start()
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
        if not is_told and works(lines, rooms):
            is_told = True
            process.send_signal(signal.SIGTERM)
    timer.cancel()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
