"""What a destination relies on in its host, and its options, are checked before an event is met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import IntegrityError

from shared import registry
from shared.checks import check_hosts, check_superseded
from shared.conf import get_settings
from shared.consumer import Room
from shared.exceptions import ConfigurationError, Outage, PoisonError
from shared.hosts import Host, HostDestination
from shared.kafka.config import check_configuration
from shared.outcomes import Outcome, WriteResult
from shared.records import PositionedRecord
from shared.superseding import supersede
from shared.testing import registered
from tests.library import outcomes, settled, shelf
from tests.testapp.events import SHELF_CHANGED
from tests.testapp.models import Shelf
from tests.testapp.room import SHELVES, ShelfRecord

LIBRARY = Host(
    name="the library",
    models={"testapp.Shelf": ("code", "label")},
    functions=("tests.testapp.room.wants_book", "tests.testapp.models.Shelf.save"),
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """One that must be set, and two that needn't."""

    floor: int
    keeps: str = "all"
    lends: bool = False

    def __post_init__(self) -> None:
        if self.keeps not in ("all", "none"):
            raise ConfigurationError("keeps is neither.", hint="Use 'all' or 'none'.")


def write(records: Sequence[PositionedRecord[ShelfRecord]], options: Options) -> list[WriteResult]:
    """Take what the options keep."""
    return [Outcome.APPLIED if options.keeps == "all" else Outcome.FILTERED for _ in records]


def read(records: Sequence[ShelfRecord], options: Options) -> list[Mapping[str, Any] | None]:
    """Hold a label of the floor for each."""
    return [{"label": f"floor {options.floor}"} for _ in records]


DESTINATION = HostDestination(
    consumer="shelves", host=LIBRARY, options=Options, write=write, read=read
)
LOST = HostDestination(
    consumer="shelves",
    host=Host(
        name="the library",
        models={"testapp.Shelf": ("code", "colour"), "testapp.Lift": ("floor",)},
        functions=(
            "tests.testapp.room.no_such",
            "no.such.module",
            "django.contrib.flatpages.models.FlatPage",
            "tests.testapp.room.ROOM",
            "tests.testapp.models.Shelf.no_such",
        ),
    ),
    options=Options,
    write=write,
    read=read,
)


TRIED: list[str] = []
"""The shelves that ``ONE_BY_ONE`` was told to write, in order, tries that failed included."""
FAILURES: list[Exception] = []
"""What it meets at its next tries of the shelf B."""


def write_and_tell(
    records: Sequence[PositionedRecord[ShelfRecord]], options: Options
) -> list[WriteResult]:
    """Tell others of each shelf, whether it can be written or not."""
    TRIED.extend(item.record.code for item in records)
    if TRIED[-1] == "B" and FAILURES:
        raise FAILURES.pop()
    return [Outcome.APPLIED for _ in records]


ONE_BY_ONE = replace(DESTINATION, write=write_and_tell, one_by_one=True)


@pytest.fixture
def use(settings: Any) -> Iterator[Any]:
    """Let the shelves' destination be one of these, with options."""

    def use(name: str = "DESTINATION", **options: Any) -> None:
        event_sync = settings.EVENT_SYNC
        settings.EVENT_SYNC = {
            **event_sync,
            "DESTINATIONS": {**event_sync["DESTINATIONS"], "shelves": f"{__name__}.{name}"},
            "DESTINATION_OPTIONS": {"shelves": options},
        }

    with registered("tests.testapp", SHELVES):
        yield use


def test_destination_gets_its_options(use: Any) -> None:
    """Both when it writes and when it reads."""
    use(FLOOR=2, KEEPS="none")
    record = ShelfRecord(code="A", label="one")
    destination: Any = get_settings().destination_of("shelves")
    assert destination([PositionedRecord(record, None)]) == [Outcome.FILTERED]  # type: ignore[arg-type]
    assert destination.held([record]) == [{"label": "floor 2"}]
    use(FLOOR=3)
    assert destination.configured() == Options(floor=3, keeps="all")


def failing(error: Exception) -> HostDestination[ShelfRecord, Options]:
    """Return a destination that fails; its host takes a ``KeyError`` for an outage."""

    def fail(records: Any, options: Options) -> list[WriteResult]:
        raise error

    host = replace(LIBRARY, is_outage=lambda error: isinstance(error, KeyError))
    return replace(DESTINATION, host=host, write=fail)


def test_outage_is_what_the_host_knows_for_one(use: Any) -> None:
    """It is waited out, and its text, which may hold a value, isn't repeated."""
    use(FLOOR=1)
    with pytest.raises(Outage, match=r"^the library can't reach a service: KeyError\.$"):
        failing(KeyError("A"))([])


def test_what_is_no_outage_is_raised_as_it_is(use: Any) -> None:
    """Whether that is the event's fault, its class says."""
    use(FLOOR=1)
    with pytest.raises(ValueError, match=r"^A$"):
        failing(ValueError("A"))([])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("failures", "tried", "ended"),
    [
        ([ValueError()], "ABC", Outcome.DEAD),
        ([PoisonError()], "ABC", Outcome.DEAD),
        # A new transaction may see what another one has done.
        ([IntegrityError()], "ABABC", Outcome.APPLIED),
        ([Shelf.DoesNotExist()], "ABABC", Outcome.APPLIED),
        ([IntegrityError(), IntegrityError()], "ABABC", Outcome.DEAD),
    ],
    ids=["bug", "poison", "lost-race", "unseen-row", "bad-row"],
)
def test_one_by_one_tells_of_each_once(
    use: Any, failures: list[Exception], tried: str, ended: Outcome
) -> None:
    """A bad neighbour is no reason to write it again, unless it may not be bad at all."""
    use("ONE_BY_ONE", FLOOR=1)
    TRIED.clear()
    FAILURES[:] = failures
    result = settled(registry.get_room("tests.testapp"), shelf("A"), shelf("B"), shelf("C"))
    assert outcomes(result) == [Outcome.APPLIED, ended, Outcome.APPLIED]
    assert "".join(TRIED) == tried


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"\['shelves'\]\['FLOOR'\] is not set\. Hint: Set it"),
        ({"FLOOR": 1, "KEEP": "all"}, r"\['KEEP'\] is not an option\. Hint: Did you mean 'KEEPS'"),
        ({"FLOOR": 1, "XYZ": 1}, r"\['XYZ'\] is not an option\. Hint: Known: FLOOR, KEEPS, LENDS"),
        ({"FLOOR": 1, "LENDS": "no"}, r"\['LENDS'\] is not True or False\. Hint: Set it"),
        ({"FLOOR": 1, "KEEPS": "some"}, r"keeps is neither\. Hint: Use 'all' or 'none'"),
    ],
)
def test_bad_option_is_named(use: Any, options: dict[str, Any], said: str) -> None:
    """By the check, by the worker's start, and wherever it is used."""
    use(**options)
    (message,) = check_hosts()
    assert message.id == "event_sync.E007"
    for act in (DESTINATION.configured, lambda: check_configuration(Room("tests", (SHELVES,)))):
        with pytest.raises(ConfigurationError, match=said):
            act()


def test_what_is_not_there_is_named(use: Any) -> None:
    """Each by itself; the worker doesn't start."""
    use("LOST", FLOOR=1)
    said = [message.msg for message in check_hosts()]
    assert said == [
        f"The destination of shelves relies on the library's {what}, which isn't there."
        for what in (
            "field testapp.Shelf.colour",
            "model testapp.Lift",
            "function tests.testapp.room.no_such",
            "function no.such.module",
            "function django.contrib.flatpages.models.FlatPage",
            "function tests.testapp.room.ROOM",
            "function tests.testapp.models.Shelf.no_such",
        )
    ]
    with pytest.raises(ConfigurationError, match="relies on the library's field"):
        check_configuration(Room("tests", (SHELVES,)))


def test_what_is_not_there_when_it_is_needed_is_no_events_fault() -> None:
    """It stops whatever uses the destination, and buries nothing."""
    with pytest.raises(ConfigurationError, match=r"the library has no model testapp\.Lift\. Hint"):
        LOST.host.model("testapp.Lift")
    for path in (path for path in LOST.host.functions if not path.endswith("ROOM")):
        with pytest.raises(ConfigurationError, match=f"the library has no function {path}"):
            LOST.host.function(path)


def test_all_is_there(use: Any) -> None:
    """A host that has everything gets no message, and hands out what was declared only."""
    use(FLOOR=1)
    assert check_hosts() == []
    assert LIBRARY.model("testapp.Shelf") is Shelf
    assert LIBRARY.function("tests.testapp.room.wants_book").__name__ == "wants_book"
    assert LIBRARY.function("tests.testapp.models.Shelf.save") is Shelf.save
    with pytest.raises(AssertionError, match="Book"):
        LIBRARY.model("testapp.Book")
    with pytest.raises(AssertionError, match="no_such"):
        LIBRARY.function("tests.testapp.room.no_such")


def test_other_destinations_are_left_alone() -> None:
    """A function that writes relies on nothing that could be asked for."""
    assert check_hosts() == []


def hosts_own(**event: object) -> None:
    """Receive shelves in the host's own way."""


@pytest.mark.parametrize(
    ("destination", "path", "said"),
    [
        ("DESTINATION", f"{__name__}.hosts_own", []),
        ("DESTINATION", f"{__name__}.hosts_old", [f"supersedes {__name__}.hosts_old, which"]),
        ("write", f"{__name__}.hosts_old", []),
    ],
)
def test_superseded_receiver_that_is_not_there(
    use: Any, destination: str, path: str, said: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """In the host the check and a live worker warn of it; elsewhere there is nothing to replace."""
    use(destination, FLOOR=1)
    consumer = replace(SHELVES, supersedes=(path,))
    SHELF_CHANGED.connect(hosts_own)
    try:
        with registered("tests.testapp", consumer) as room:
            found = check_superseded()
            supersede(room)
    finally:
        SHELF_CHANGED.disconnect(hosts_own)
        registry.register("tests.testapp", SHELVES)
    assert [message.id for message in found] == ["event_sync.W003"] * len(said)
    assert all(part in message.msg for message, part in zip(found, said, strict=True))
    warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    start = f"receiver.missing room=tests.testapp consumer=shelves receiver={path} hint="
    assert [line.startswith(start) for line in warned] == [True] * len(said)
