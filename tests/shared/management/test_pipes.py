"""A list whose reader has seen enough, as ``head`` has, ends as well as any."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cluster import Cluster
from tests.processes import PATIENCE, ROOT


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize("command", ["dead_letters", "parked"])
def test_nobody_reads_to_the_end(command: str, options: list[str], cluster: Cluster) -> None:
    """Neither a traceback nor a status that says something went wrong."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as pipe:
        ended = subprocess.run(
            [sys.executable, "manage.py", command, "list", *options],
            cwd=ROOT,
            env=cluster.environment(),
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (0, "")
