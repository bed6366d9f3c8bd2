"""Ports that are free and stay so while their server is down.

They lie below those that the kernel gives to outgoing connections. One of those could else take the
port to which a server comes back; a client that dials a dead server could even reach itself there.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom

_LOWEST = 15_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on, each another."""
    highest = int(_RANGE.read_text().split()[0])
    candidates = SystemRandom().sample(range(_LOWEST, highest), 20 * count)
    found: list[int] = []
    with ExitStack() as held:
        for port in candidates:
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise RuntimeError("No free ports were found.")
