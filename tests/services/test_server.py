"""A server's life, with a server that only sleeps: what is signalled, and what never is."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.services import NotRunning, Server, ServerError, Services, record, running
from tests.services.folders import folder_of, folders
from tests.services.ports import free_ports
from tests.services.processes import Process, Status, becomes, spawn

ENOUGH = 10.0


class Sleeper(Server):
    """A server with a child, which answers once it has written a file."""

    name = "sleeper"
    script = "echo began; touch ready; sleep 60 & wait"

    @property
    def address(self) -> str:
        """Where it would listen."""
        return f"127.0.0.1:{self.port()}"

    def is_ready(self) -> bool:
        """Return whether it has written its file."""
        return (self.place / "ready").exists()

    def _initialise(self) -> None:
        (self.place / "value").write_text("kept")

    def _command(self) -> list[str]:
        return ["sh", "-c", self.script]


class Failing(Sleeper):
    """A server that ends at once."""

    script = "echo no such luck; exit 3"


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Sleeper]:
    """A server that runs."""
    with Sleeper(tmp_path) as server:
        yield server


@pytest.fixture
def bystander(tmp_path: Path) -> Iterator[Process]:
    """A process that is no server of ours."""
    process = spawn(["sleep", "60"], log=tmp_path / "log", folder=tmp_path)
    yield process
    process.send(signal.SIGKILL)


def family(server: Server) -> list[Process]:
    """Return a server's process and its children, once there are some."""
    found = record.load(server.folder / "state.json")
    assert found is not None
    assert found.process is not None
    assert becomes(lambda: bool(found.process and found.process.descendants()), ENOUGH)
    return [found.process, *found.process.descendants()]


def statuses(processes: list[Process]) -> set[Status]:
    """Return what processes are doing."""
    return {process.status for process in processes}


def test_kill_ends_children(sleeper):
    """None of them goes on by itself."""
    processes = family(sleeper)
    sleeper.kill()
    assert statuses(processes) == {Status.ENDED}


def test_pause_freezes_children(sleeper):
    """And resuming lets all go on."""
    processes = family(sleeper)
    sleeper.pause()
    assert statuses(processes) == {Status.PAUSED}
    sleeper.resume()
    assert becomes(lambda: statuses(processes) == {Status.RUNNING}, ENOUGH)


def test_paused_server_stops(sleeper):
    """It is resumed first, or it couldn't."""
    sleeper.pause()
    sleeper.stop()
    assert sleeper.status is Status.ENDED


def test_restart_keeps_port_and_data(sleeper):
    """Another process, the same server."""
    (process, *_), port = family(sleeper), sleeper.port()
    sleeper.restart()
    assert family(sleeper)[0] != process
    assert sleeper.port() == port
    assert (sleeper.place / "value").read_text() == "kept"


def test_log_survives_the_next_server(sleeper):
    """What was printed before is beside it."""
    sleeper.stop()
    sleeper.create()
    assert sleeper.log.with_name("server.previous.log").read_text() == "began\n"


def test_running_server_is_not_made_again(sleeper):
    """Its data are in use."""
    with pytest.raises(ServerError, match="sleeper is running"):
        sleeper.create()


def test_later_process_of_the_same_number_is_left_alone(sleeper, bystander):
    """The record names a process that began at another time."""
    file = sleeper.folder / "state.json"
    known = record.load(file)
    assert known is not None
    sleeper.kill()
    stranger = replace(bystander, started=bystander.started - 1)
    record.save(file, replace(known, process=stranger))
    assert sleeper.status is Status.ENDED
    sleeper.stop()
    sleeper.kill()
    stranger.send(signal.SIGKILL)
    assert bystander.status is Status.RUNNING


def test_process_of_an_earlier_boot_has_ended(bystander):
    """Whatever has its number and its time now."""
    assert replace(bystander, boot="earlier").status is Status.ENDED


def test_copy_of_a_folder_does_not_own_the_server(sleeper, tmp_path):
    """Stopping the copy's servers leaves the original's alone."""
    shutil.copytree(sleeper.folder, tmp_path / "copy" / "sleeper")
    copy = Sleeper(tmp_path / "copy")
    copy.remove()
    assert copy.status is Status.ENDED
    assert sleeper.status is Status.RUNNING


def test_server_that_ends_at_its_start_is_an_error(tmp_path):
    """The error shows the log."""
    with pytest.raises(ServerError, match="no such luck"), Failing(tmp_path):
        pass


def test_secrets_are_readable_for_the_owner_only(sleeper):
    """The record holds passwords."""
    assert (sleeper.folder / "state.json").stat().st_mode & 0o077 == 0


def test_removed_server_leaves_its_log(sleeper):
    """Data and secrets are gone."""
    place = sleeper.place
    sleeper.remove()
    assert not place.exists()
    assert [path.name for path in sleeper.folder.iterdir()] == ["server.log"]


def test_missing_servers_are_named(tmp_path):
    """With what starts them."""
    with pytest.raises(NotRunning, match=r"kafka, registry, postgresql, mariadb. Hint: make serv"):
        running(tmp_path)


def test_every_set_of_servers_is_found_again(tmp_path, monkeypatch):
    """So that all are stopped, however many were asked for; none has a folder of another's."""
    monkeypatch.setattr("tests.services.folders.FOLDER", tmp_path)
    made = [folder_of(number) for number in range(3)]
    for folder in made:
        (folder / "kafka").mkdir(parents=True)
    assert folders() == made
    assert len({server.folder for folder in made for server in Services.of(folder)}) == 12


def test_ports_are_free_and_not_for_outgoing_connections():
    """The kernel gives none of them to a client."""
    ports = free_ports(5)
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert len(set(ports)) == 5
    assert all(port < lowest for port in ports)
