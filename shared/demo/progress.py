"""Shows how far a run is, on a terminal."""

from __future__ import annotations

from typing import Self

from rich import progress
from rich.console import Console


class Progress:
    """Two bars: what is published, and what is settled."""

    def __init__(self, console: Console, total: int) -> None:
        self._bars = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[speed]:>8,.0f} events/s"),
            progress.TimeElapsedColumn(),
            console=console,
        )
        self._published = self._bars.add_task("published", total=total, speed=0)
        self._settled = self._bars.add_task("settled", total=total, speed=0)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bars.stop()

    def show(self, *, published: int, settled: int) -> None:
        """Move the bars."""
        for task_id, completed in ((self._published, published), (self._settled, settled)):
            elapsed = self._bars.tasks[task_id].elapsed or 0
            # The speed of a bar that is full says how long it took to fill.
            speed = completed / elapsed if elapsed else 0
            self._bars.update(task_id, completed=completed, speed=speed)
