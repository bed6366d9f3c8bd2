"""What looks wrong of a value of each kind and is taken, and for what: for samples' tables.

``column`` is the row's name for the field, where it has another one.
"""

from __future__ import annotations

from uuid import UUID

from tests.contract.sample import Odd

_LONGEST_KEY = f"course-v1:edX+{'x' * 236}+2026"


def longest_text(path: str, length: int, *, column: str = "") -> dict[str, Odd]:
    """Return a text that fills its column, in characters and not in bytes."""
    text = "\U0001f393" * length
    return {f"{path} fills its column": Odd({path: text}, {column or path: text})}


def largest_id(path: str, *, column: str = "") -> dict[str, Odd]:
    """Return the largest id that Avro and a BIGINT hold."""
    return {f"{path} fills its column": Odd({path: 2**63 - 1}, {column or path: 2**63 - 1})}


def course_keys(path: str) -> dict[str, Odd]:
    """Return what looks unlike a course run's key and is one."""
    keys = {
        "of the deprecated form": "edX/Tests/2026",
        "fills its column": _LONGEST_KEY,
        "keeps its case": "course-v1:EDX+tests+T",
    }
    return {f"{path} {name}": Odd({path: key}, {"course_key": key}) for name, key in keys.items()}


def custom_course(path: str) -> dict[str, Odd]:
    """Return the key of a custom course, for a room to which it is as good as any."""
    key = "ccx-v1:edX+Tests+2026+ccx@1"
    return {f"{path} of a custom course": Odd({path: key}, {"course_key": key})}


def uuids(path: str) -> dict[str, Odd]:
    """Return other spellings of a UUID."""
    number = UUID(int=0xABCDEF)
    spellings = (f"{{{number}}}", number.hex, str(number).upper(), number.urn)
    return {f"{path} {text}": Odd({path: text}, {path: number}) for text in spellings}


def nothing(*paths: str, value: object = "", column: str = "") -> dict[str, Odd]:
    """Return a falsy value of optional fields, which arrives as none at all."""
    return {
        f"{path} {value!r} is none": Odd({path: value}, {column or path.rpartition(".")[-1]: None})
        for path in paths
    }
