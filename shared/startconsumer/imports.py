"""What the modules of a new room import, as far as that depends on its event."""

from __future__ import annotations

from shared.startconsumer import code
from shared.startconsumer.layout import Import
from shared.startconsumer.room import NewRoom
from shared.startconsumer.sample_code import SampleCode


def needed_in(room: NewRoom, sample: SampleCode) -> dict[str, set[Import]]:
    """Return the imports of each module of a room that depend on its event."""
    return _in_declaration(room) | _in_table(room) | _in_tests(room, sample)


def model_of(room: NewRoom) -> tuple[str, str]:
    """Return the module and the name of the model that the room writes to."""
    if room.model:
        return room.model.__module__, room.model.__name__
    return f"{room.names.room}.standalone.models", room.names.class_prefix


def _in_declaration(room: NewRoom) -> dict[str, set[Import]]:
    name = room.names.room
    event = {
        Import("openedx_events.data", "EventsMetadata"),
        Import("shared.consumer", "EventData"),
    }
    return {
        "apps": {Import("shared", "registry"), Import(f"{name}.consumers", room.constant)},
        "consumers": {
            _signal(room),
            Import(name, "filters"),
            Import(name, "mappers"),
            Import("shared.consumer", "Consumer"),
            Import("shared.consumer", "Route"),
            *_learner_imports(room),
        },
        "filters": event,
        "records": _record_imports(room),
        "mappers": event | {_record(room)} | _mapper_imports(room),
    }


def _in_table(room: NewRoom) -> dict[str, set[Import]]:
    model = Import(*model_of(room))
    return {
        "models": {
            Import("django.db", "models"),
            Import("shared.ordering", "SyncedModel"),
        },
        "admin": {
            Import("django.contrib", "admin"),
            Import("shared.admin", "ReadOnlyAdmin"),
            model,
        },
        "destination": {
            Import("collections.abc", "Sequence"),
            Import("django.utils", "timezone"),
            Import("shared.outcomes", "Outcome"),
            Import("shared.records", "PositionedRecord"),
            Import("shared.tables", "in_table"),
            Import("shared.upsert", "upsert"),
            model,
            _record(room),
        },
    }


def _in_tests(room: NewRoom, sample: SampleCode) -> dict[str, set[Import]]:
    model = Import(*model_of(room))
    return {
        "samples": {
            _signal(room),
            model,
            Import("shared.consumer", "EventData"),
            Import("shared.testing", "Sample"),
            *sample.data_imports(),
        },
        "tests": {
            model,
            Import("pytest"),
            Import(f"{room.names.room}.tests.samples", room.constant),
            Import("shared.testing", "ConsumerContract"),
            Import("shared.testing", "InMemoryBus"),
            *sample.expected_imports(),
        },
    }


def _signal(room: NewRoom) -> Import:
    return Import(room.event.rpartition(".")[0], room.signal_name)


def _record(room: NewRoom) -> Import:
    return Import(f"{room.names.room}.records", f"{room.names.class_prefix}Record")


def _learner_imports(room: NewRoom) -> set[Import]:
    if not code.learner_fields(room):
        return set()
    found = {Import("shared.learners", each) for each in ("Identity", "Learner", "LearnerField")}
    if len(code.people_in(room)) > 1:
        found.add(Import(f"{room.names.room}.records", "without_learner"))
    return found


def _record_imports(room: NewRoom) -> set[Import]:
    found = {Import("dataclasses", "dataclass"), Import("shared.records", "Key")}
    if any(field.is_personal for field in room.fields):
        found.add(Import("shared.records", "personal"))
    if len(code.people_in(room)) > 1 and code.nameless(room):
        found.add(Import("dataclasses", "replace"))
    for field in room.fields:
        found.update(field.kind.imports)
    return found


def _mapper_imports(room: NewRoom) -> set[Import]:
    kinds = [field.kind for field in room.fields]
    used = [text for kind in kinds for text in (kind.check, *kind.options.values())]
    return {Import("shared", text.partition(".")[0]) for text in used if "values." in text}
