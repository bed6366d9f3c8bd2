"""Who is to be retired, as a person or a program says it: read without ever being repeated."""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db.models import BigIntegerField

from shared.exceptions import ConfigurationError
from shared.learners import Identity, Names, names

_ID = re.compile(r"[1-9][0-9]{0,18}")
_LONGEST = 254
_OPTIONS = {
    Identity.USERNAME: "The username.",
    Identity.EMAIL: "The email address.",
    Identity.LMS_USER_ID: "The id in the LMS.",
}


def add_learner_options(parser: ArgumentParser) -> None:
    """Take one learner's names, or a file of several learners'."""
    for identity, text in _OPTIONS.items():
        parser.add_argument(f"--{identity.replace('_', '-')}", metavar="TEXT", help=text)
    parser.add_argument(
        "--from",
        dest="file",
        metavar="FILE",
        help="A file with one JSON object in each line, of the keys username, email and "
        "lms_user_id; - is standard input.",
    )


def learners_of(options: Mapping[str, Any]) -> list[Names]:
    """Return each learner's names. Raises ``ConfigurationError`` that has none of them in it."""
    said = {identity: options[identity] for identity in Identity if options[identity] is not None}
    if said and options["file"] is not None:
        raise ConfigurationError(
            "A learner is named, and --from as well.", hint="Leave one of them out."
        )
    if options["file"] is not None:
        return _from_lines(_text_of(options["file"]))
    if not said:
        raise ConfigurationError(
            "Nobody is named.", hint="Use --from FILE, or --username, --email and --lms-user-id."
        )
    return [_learner(said, lambda identity: f"--{identity.replace('_', '-')}")]


def _text_of(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except OSError as error:
        raise ConfigurationError(
            f"--from: the file can't be read ({type(error).__name__}).",
            hint="Is it there, and may this user read it?",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("--from: it isn't UTF-8.", hint="Write it as UTF-8.") from error


def _from_lines(text: str) -> list[Names]:
    found = [
        _from_line(line, number)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    if not found:
        raise ConfigurationError(
            "--from: nobody is named there.", hint="Write one JSON object in each line."
        )
    return found


def _from_line(line: str, number: int) -> Names:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not value or set(value) - set(Identity):
        # Out of the handler: the parser's own error holds the line.
        raise ConfigurationError(
            f"--from: line {number} is not what is wanted.",
            hint='Write it as {"username": "…", "email": "…", "lms_user_id": 1}; a key may be '
            "left out, or null.",
        )
    said = {Identity(name): each for name, each in value.items() if each is not None}
    return _learner(said, lambda identity: f"--from: line {number}: {identity}")


def _learner(said: Mapping[Identity, object], place: Callable[[Identity], str]) -> Names:
    for identity, value in said.items():
        if problem := _problem(identity, value):
            raise ConfigurationError(f"{place(identity)} {problem}.", hint="Correct it.")
    if found := names(said.items()):
        return found
    raise ConfigurationError(f"{place(Identity.USERNAME)} … say nothing.", hint="Name somebody.")


def _problem(identity: Identity, value: object) -> str | None:
    text = str(value).strip()
    if identity is Identity.LMS_USER_ID:
        if isinstance(value, bool) or not _ID.fullmatch(text):
            return "is no whole number above 0"
        return None if int(text) <= BigIntegerField.MAX_BIGINT else "is too large"
    if not text or len(text) > _LONGEST or "\0" in text or not _is_text(value):
        return f"is no text of 1 to {_LONGEST} characters"
    if identity is Identity.EMAIL and not all(text.partition("@")):
        return "is no email address"
    return None


def _is_text(value: object) -> bool:
    """Return whether it is a text, without halves of characters, which no event can have."""
    return isinstance(value, str) and value.encode(errors="ignore").decode() == value


def missing_of(learners: list[Names]) -> Iterator[str]:
    """Yield, for people, by what some of the learners are not named."""
    for identity in Identity:
        count = sum(all(each is not identity for each, _ in learner) for learner in learners)
        if count:
            yield f"{count:,} without {identity}: what is kept by that alone is not found."
