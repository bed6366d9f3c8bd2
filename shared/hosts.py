"""Destinations that write to a host's own tables, and what they rely on in that host.

A room imports nothing of a host: models and functions are looked for by name when they are needed.
What isn't there is said by a system check and when a worker starts, not by a broken row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.module_loading import import_string

from shared.conf import get_settings
from shared.exceptions import ConfigurationError, Outage
from shared.misspellings import hint_about
from shared.outcomes import Held, WriteResult
from shared.reactions import describe
from shared.records import PositionedRecord, Record

R = TypeVar("R", bound=Record)
O = TypeVar("O")  # noqa: E741 - options, beside R for records

# A module of models whose app isn't installed raises a RuntimeError.
_NOT_FOUND = (ImportError, AttributeError, RuntimeError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """What a destination relies on: fields by model ("app.Model"), dotted paths of functions.

    A method is named by its class's path: ``"app.models.Model.method"``. ``is_outage`` knows what
    the host's own code raises while a service is away that it calls when a row is saved.
    """

    name: str
    models: Mapping[str, tuple[str, ...]]
    functions: tuple[str, ...] = ()
    is_outage: Callable[[Exception], bool] = lambda error: False

    def model(self, label: str) -> type[Model]:
        """Return one of the host's models, which has been declared.

        Raises ``ConfigurationError`` if it isn't there: that is no event's fault.
        """
        assert label in self.models, label
        try:
            return apps.get_model(label)
        except LookupError as error:
            raise self.lacks(f"model {label}") from error

    def function(self, path: str) -> Callable[..., Any]:
        """Return one of the host's functions, which has been declared.

        Raises ``ConfigurationError`` if it isn't there.
        """
        assert path in self.functions, path
        try:
            found: Callable[..., Any] = _find(path)
        except _NOT_FOUND as error:
            raise self.lacks(f"function {path}") from error
        return found

    def lacks(self, what: str) -> ConfigurationError:
        """Return the error that something isn't there."""
        return ConfigurationError(
            f"{self.name} has no {what}.",
            hint=f"Run it in {self.name}, in a version that this project was tested with.",
        )

    def missing(self) -> list[str]:
        """Return what this service doesn't have, in words."""
        models = [each for label, names in self.models.items() for each in _missing(label, names)]
        return models + [f"function {path}" for path in self.functions if not _is_there(path)]


def _missing(label: str, names: tuple[str, ...]) -> Iterator[str]:
    try:
        model = apps.get_model(label)
    except LookupError:
        yield f"model {label}"
        return
    for name in names:
        try:
            model._meta.get_field(name)
        except FieldDoesNotExist:
            yield f"field {label}.{name}"


def _is_there(path: str) -> bool:
    try:
        return callable(_find(path))
    except _NOT_FOUND:
        return False


def _find(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:
        owner, _, name = path.rpartition(".")
        return getattr(import_string(owner), name)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostDestination(Generic[R, O]):
    """A consumer's destination in a host: what ``EVENT_SYNC['DESTINATIONS']`` names.

    ``options`` is a frozen dataclass: its fields are, in upper case, what
    ``EVENT_SYNC['DESTINATION_OPTIONS'][consumer]`` may say; its ``__post_init__`` raises
    ``ConfigurationError`` for a bad value. ``write`` is a destination that gets the options, too.
    ``read`` tells for each record what the host holds now, by the record's field names and only for
    the fields that the host keeps; ``None`` where it has no row, ``FILTERED`` where the options
    want none. ``one_by_one`` is for a host that tells others of a row while it is written: together
    with an event that can't be written, a good one would be written, and told, twice.
    """

    consumer: str
    host: Host
    options: type[O]
    write: Callable[[Sequence[PositionedRecord[R]], O], Sequence[WriteResult]]
    read: Callable[[Sequence[R], O], Sequence[Held]]
    one_by_one: bool = False

    def __call__(self, records: Sequence[PositionedRecord[R]]) -> Sequence[WriteResult]:
        """Write the records. Raises ``ConfigurationError`` for bad options, ``Outage`` for one."""
        options = self.configured()
        try:
            return self.write(records, options)
        except Exception as error:
            if not self.host.is_outage(error):
                raise
            raise Outage(f"{self.host.name} can't reach a service: {describe(error)}.") from error

    def held(self, records: Sequence[R]) -> Sequence[Held]:
        """Return what the host holds now. Raises ``ConfigurationError`` for bad options."""
        return self.read(records, self.configured())

    def configured(self) -> O:
        """Return the options as the settings have them. Raises ``ConfigurationError``."""
        place = f"EVENT_SYNC['DESTINATION_OPTIONS'][{self.consumer!r}]"
        # Any dataclass: typing has no public word for what they have in common.
        known = {each.name.upper(): each for each in fields(self.options)}  # type: ignore[arg-type]
        raw = get_settings().destination_options.get(self.consumer, {})
        for name in raw:
            if name not in known:
                hint = hint_about(str(name).upper(), known)
                raise ConfigurationError(f"{place}[{name!r}] is not an option.", hint=hint)
        for name, each in known.items():
            if name not in raw and each.default is MISSING and each.default_factory is MISSING:
                raise ConfigurationError(f"{place}[{name!r}] is not set.", hint="Set it.")
            if each.type in ("bool", bool) and not isinstance(raw.get(name, True), bool):
                raise ConfigurationError(f"{place}[{name!r}] is not True or False.", hint="Set it.")
        return self.options(**{known[name].name: value for name, value in raw.items()})

    def problems(self) -> Iterator[ConfigurationError]:
        """Yield what keeps this destination from working in this service, each with the remedy."""
        for what in self.host.missing():
            yield ConfigurationError(
                f"The destination of {self.consumer} relies on {self.host.name}'s {what}, "
                "which isn't there.",
                hint=f"Run it in {self.host.name}, in a version that this project was tested with.",
            )
        try:
            self.configured()
        except ConfigurationError as problem:
            yield problem


def check_destination(consumer_name: str) -> None:
    """Raise ``ConfigurationError`` if a consumer's destination is none, or can't work here."""
    destination = get_settings().destination_of(consumer_name)
    if isinstance(destination, HostDestination):
        for problem in destination.problems():
            raise problem
