"""What all servers have in common: a life that can be started, ended and disturbed.

A server keeps its ports and its data from ``create`` to ``erase``, whatever happens in between.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from secrets import token_urlsafe
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM, Signals
from tempfile import mkdtemp
from typing import ClassVar, Self

from tests.services import record
from tests.services.accounts import Account, other_than_root
from tests.services.ports import free_ports
from tests.services.processes import Process, Status, becomes, spawn
from tests.services.record import Record

HOST = "127.0.0.1"
START_SECONDS = 90.0
STOP_SECONDS = 20.0


class ServerError(Exception):
    """A server did not do what it was told; the text ends with the end of its log."""


class Server(ABC):
    """A server in a folder of its own, below ``folder``.

    ``options`` are settings of the server by its own names; they come last. As a context manager it
    is a new server that lives as long as the block.
    """

    name: ClassVar[str]
    port_names: ClassVar[tuple[str, ...]] = ("main",)
    secret_names: ClassVar[tuple[str, ...]] = ("password",)
    accounts: ClassVar[tuple[str, ...] | None] = None
    """The accounts of which one runs it where we are root; None if root may run it."""
    stop_signal: ClassVar[Signals] = SIGTERM

    def __init__(self, folder: Path, options: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve() / self.name
        self.log = self.folder / "server.log"
        self.options = dict(options or {})
        self._file = self.folder / "state.json"

    def __enter__(self) -> Self:
        self.create()
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    # What it is

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it is found, without secrets."""

    @property
    def status(self) -> Status:
        """What its process is doing."""
        found = record.load(self._file)
        return found.process.status if found and found.process else Status.ENDED

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether it answers."""

    def port(self, name: str = "main") -> int:
        """Return one of its ports."""
        return self._record.ports[name]

    @property
    def place(self) -> Path:
        """The folder of its data and configuration."""
        return Path(self._record.place)

    @property
    def account(self) -> Account | None:
        """The account it runs as; None for ours."""
        return None if self.accounts is None else other_than_root(self.accounts)

    # What can be done with it

    def create(self) -> None:
        """Make a server without data, on ports that are free, with new secrets; start nothing."""
        if self.status is not Status.ENDED:
            raise ServerError(f"{self.name} is {self.status.value}.")
        self.erase()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        if self.log.exists():
            self.log.replace(self.folder / "server.previous.log")
        ports = free_ports(len(self.port_names))
        new = Record(
            folder=str(self.folder),
            place=str(self._new_place()),
            ports=dict(zip(self.port_names, ports, strict=True)),
            secrets={name: token_urlsafe(16) for name in self.secret_names},
        )
        record.save(self._file, new)
        self._initialise()

    def start(self) -> None:
        """Start it on the data that it has, or resume it, and wait until it is ready."""
        if self.status is Status.ENDED:
            process = spawn(
                self._command(),
                log=self.log,
                folder=self.place,
                account=self.account,
                environment=self._environment(),
            )
            record.save(self._file, replace(self._record, process=process))
        else:
            self.resume()
        self.wait_until_ready()

    def stop(self) -> None:
        """End it in its own time, or by force after ``STOP_SECONDS``; its data stay."""
        process = self._process
        if process is None:
            return
        self.resume()
        process.send(self.stop_signal)
        if not becomes(lambda: process.status is Status.ENDED, STOP_SECONDS):
            self.kill()

    def kill(self) -> None:
        """End it at once with SIGKILL, its children with it, as a loss of power would."""
        process = self._process
        if process is None:
            return
        process.send(SIGSTOP)  # no children are born while they are counted
        family = [process, *process.descendants()]
        for member in family:
            member.send(SIGKILL)
        self._require(
            lambda: all(member.status is Status.ENDED for member in family), STOP_SECONDS, "end"
        )

    def pause(self) -> None:
        """Freeze it with SIGSTOP, its children with it: connections stay open, nothing answers."""
        process = self._process
        if process is None:
            raise ServerError(f"{self.name} isn't running.")
        process.send(SIGSTOP)
        family = [process, *process.descendants()]
        for member in family:
            member.send(SIGSTOP)
        self._require(
            lambda: all(member.status is not Status.RUNNING for member in family),
            STOP_SECONDS,
            "pause",
        )

    def resume(self) -> None:
        """Let a paused server go on; does nothing to one that isn't."""
        process = self._process
        if process is None:
            return
        for member in (*process.descendants(), process):
            member.send(SIGCONT)

    def restart(self) -> None:
        """Stop it, if it hasn't ended yet, and start it on the same ports and data."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop it and erase its data; its logs stay."""
        self.stop()
        self.erase()

    def erase(self) -> None:
        """Forget a server that has ended, with its data; its logs stay."""
        if (known := record.load(self._file)) is not None:
            shutil.rmtree(known.place, ignore_errors=True)
        self._file.unlink(missing_ok=True)

    def wait_until_ready(self) -> None:
        """Wait until it answers."""
        self._require(self._ended_or_ready, START_SECONDS, "answer")
        if self.status is Status.ENDED:
            raise ServerError(f"{self.name} ended at its start.\n{self._tail()}")

    # What each kind does in its own way

    @abstractmethod
    def _initialise(self) -> None:
        """Write data and configuration into an empty ``place``."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the command that becomes the server's process."""

    def _environment(self) -> dict[str, str]:
        """Return what its environment has beside ours."""
        return {}

    @property
    def _record(self) -> Record:
        found = record.load(self._file)
        if found is None:
            raise ServerError(f"There is no {self.name} server in {self.folder}.")
        return found

    @property
    def _process(self) -> Process | None:
        """Its process, unless that has ended."""
        found = record.load(self._file)
        if found is None or found.process is None or found.process.status is Status.ENDED:
            return None
        return found.process

    def _new_place(self) -> Path:
        """Return a new folder that the server's account can reach and write."""
        account = self.account
        place = self.folder / "data"
        if account and not account.can_reach(place):
            place = Path(mkdtemp(prefix=f"services-{self.name}-"))
        else:
            place.mkdir()
        if account:
            account.take(place)
        return place

    def _ended_or_ready(self) -> bool:
        return self.status is Status.ENDED or self.is_ready()

    def _require(self, condition: Callable[[], bool], seconds: float, verb: str) -> None:
        if not becomes(condition, seconds):
            raise ServerError(f"{self.name} did not {verb} in {seconds:.0f} s.\n{self._tail()}")

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([*lines[-20:], f"All of it: {self.log}"])
