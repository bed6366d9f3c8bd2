"""What an offset's metadata say of the consumers of a group, those that have left included."""

from __future__ import annotations

import shlex

import pytest
from confluent_kafka import TopicPartition

from shared.kafka.coverage import Coverage

BOTH = "'library[0]:4,library[1]:7'"


def begun(
    *metadata: str, consumers: tuple[str, ...] = ("books", "shelves"), group: str = "readers"
) -> Coverage:
    """Return what is covered where a topic's partitions have these metadata at offset 10."""
    coverage = Coverage({"library": consumers}, group=group, room="reading")
    coverage.begin(TopicPartition("library", n, 10, text) for n, text in enumerate(metadata))
    return coverage


def test_who_leaves_is_kept_with_the_offset() -> None:
    """Who comes later finds it, whoever commits until then."""
    first = begun("settled for: books,shelves", consumers=("shelves",)).metadata(("library", 0))
    assert first == "settled for: books@10,shelves"
    assert begun(first, consumers=("shelves",)).metadata(("library", 0)) == first
    assert begun("settled for: books@4,shelves").metadata(("library", 0)) == (
        "settled for: books@4,shelves"
    )


@pytest.mark.parametrize(
    ("others", "target"),
    [
        ("settled for: books@7,shelves", BOTH),
        ("settled for: books,shelves", "'library[0]:4'"),
        ("settled for: shelves", "earliest"),
        ("settled for: books@,shelves", "earliest"),
        ("settled for: books@4-7,shelves", "earliest"),
        ("settled for: books@-1,shelves", "earliest"),
    ],
    ids=["left later", "never left", "never came", "no digits", "more than digits", "below 0"],
)
def test_remedy(others: str, target: str, caplog: pytest.LogCaptureFixture) -> None:
    """From where it left on, in the partitions that went on without it; or from the beginning."""
    begun("settled for: books@4,shelves", others)
    (line,) = caplog.messages
    assert line.endswith(f" --topic library --to {target} --apply")


@pytest.mark.parametrize(
    ("metadata", "target"),
    [
        (["settled for: books@4,shelves@2"], "'library[0]:2'"),
        (["settled for: books@2,shelves@4"], "'library[0]:2'"),
        (["settled for: books@4,shelves", "settled for: books,shelves@7"], BOTH),
        (["settled for: books@4"], "earliest"),
    ],
    ids=["second left first", "first left first", "of other partitions", "one never came"],
)
def test_remedy_for_several(
    metadata: list[str], target: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One command is for all of a topic: to go by one's alone would let the group forget another's
    loss."""
    begun(*metadata)
    first, second = (line.partition("then: ")[2] for line in caplog.messages)
    assert first == second
    assert first.endswith(f" --to {target} --apply")


def test_remedy_is_for_a_shell(caplog: pytest.LogCaptureFixture) -> None:
    """A group may be called what a shell would take apart."""
    begun("settled for: shelves", group="the readers' $HOME")
    words = shlex.split(caplog.messages[0].partition("manage.py ")[2])
    assert words[:4] == ["rewind", "reading", "--group", "the readers' $HOME"]


def test_group_that_was_moved() -> None:
    """It has no metadata, and is taken at its word."""
    assert begun("").metadata(("library", 0)) == "settled for: books,shelves"
