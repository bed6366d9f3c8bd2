"""Threads that share one database, each with a connection of its own, as workers do.

The tests' SQLite database is in memory and takes one connection; here it is a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic

from django.apps import apps
from django.db import connection, connections

from tests.processes import PATIENCE

_TABLES_OF = ("event_sync", "testapp")

Action = Callable[[], object]


class Threads:
    """Runs actions at the same time on one database; no other actions run meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._file = str(folder / "threads.sqlite3") if connection.vendor == "sqlite" else None
        if self._file:
            self.run(_make_tables)

    def run(self, *actions: Action) -> None:
        """Run actions, until all have ended; raise the first error."""
        errors: list[BaseException] = []
        threads = [Thread(target=self._run, args=(act, errors), daemon=True) for act in actions]
        for thread in threads:
            thread.start()
        until = monotonic() + 2 * PATIENCE
        for thread in threads:
            thread.join(max(0, until - monotonic()))
        if errors:
            raise errors[0]
        assert not any(thread.is_alive() for thread in threads), "A thread didn't end."

    def _run(self, act: Action, errors: list[BaseException]) -> None:
        if self._file:
            own = connections.create_connection("default")
            own.settings_dict = {**own.settings_dict, "NAME": self._file}
            connections["default"] = own
        try:
            act()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()


def _make_tables() -> None:
    with connections["default"].schema_editor() as editor:
        for label in _TABLES_OF:
            for model in apps.get_app_config(label).get_models():
                if not model._meta.proxy:
                    editor.create_model(model)


@contextmanager
def before(pattern: str, act: Action) -> Iterator[None]:
    """Act once, before this thread's first statement that begins like the pattern."""

    def act_once(execute, sql, params, many, context):
        if re.match(pattern, sql) and not acted:
            acted.append(sql)
            act()
        return execute(sql, params, many, context)

    acted: list[str] = []
    with connections["default"].execute_wrapper(act_once):
        yield
