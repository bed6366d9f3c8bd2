"""The parts of a room that depend on its fields, as code: templates have the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.learners import Identity
from shared.startconsumer.event_values import EventValue
from shared.startconsumer.layout import Brackets, Code, Conjunction, statement
from shared.startconsumer.people import identity_of, is_full_name, person_of
from shared.startconsumer.room import Field, NewRoom
from shared.startconsumer.variables import Variables

_AS_IT_IS = "return record"
_PII_TYPES: Mapping[Identity | None, str] = {
    Identity.LMS_USER_ID: "id",
    Identity.USERNAME: "username",
    Identity.EMAIL: "email_address",
}


def record_fields(room: NewRoom) -> str:
    """Return the fields of the record."""
    return "\n".join(
        f"    {field.name}: {annotation(field)}{' = personal()' if field.is_personal else ''}"
        for field in room.fields
    )


def annotation(field: Field) -> str:
    """Return the type of a field."""
    return field.kind.annotation + (" | None" if field.value.optional else "")


def key_property(room: NewRoom) -> str:
    """Return what the record's key returns."""
    return statement(_tuple("return (", [f"self.{field.name}" for field in room.key]), 8)


def column(field: Field) -> Brackets:
    """Return the call that makes a column."""
    name, arguments = field.kind.column
    if field.value.optional:
        arguments = {**arguments, "blank": "True", "null": "True"}
    return Brackets(f"models.{name}(", tuple(f"{k}={v}" for k, v in arguments.items()))


def model_columns(room: NewRoom) -> str:
    """Return the columns of the model."""
    return "\n".join(
        statement(Brackets(f"{field.name} = {column(field).head}", column(field).items), 4)
        for field in room.fields
    )


def migration_columns(room: NewRoom) -> str:
    """Return the columns of the migration."""
    return "\n".join(
        statement(Brackets("(", (f'"{field.name}"', column(field))), 16) + ","
        for field in room.fields
    )


def str_of_row(room: NewRoom) -> str:
    """Return what a row calls itself: some of its key, without what names a person."""
    shown = [field.name for field in room.key if not field.is_personal]
    text = ", ".join(f"{{self.{name}}}" for name in shown[:2] or ("pk",))
    return f'        return f"{text}"'


def admin_columns(room: NewRoom) -> str:
    """Return what the admin lists: the key, some of the rest, and when it changed."""
    shown = [f for f in room.fields if not f.is_personal and not f.is_key and not f.kind.is_json]
    shown = [f for f in shown if f.kind.column[0] != "TextField"]
    names = [field.name for field in (*room.key, *shown[:4])]
    return statement(_tuple("list_display = (", [f'"{n}"' for n in (*names, "modified")]), 4)


def mapper_signature(room: NewRoom) -> str:
    """Return the first line of the mapper, or lines."""
    arguments = ("data: EventData", "metadata: EventsMetadata")
    return statement(
        Brackets("def to_record(", arguments, f") -> {room.names.class_prefix}Record:")
    )


def mapping(room: NewRoom) -> str:
    """Return the body of the mapper."""
    variables = Variables(room.fields)
    record = Brackets(
        f"return {room.names.class_prefix}Record(",
        tuple(_mapped(field, variables) for field in room.fields),
    )
    return "\n".join([*variables.statements(), statement(record, 4)])


def _mapped(field: Field, variables: Variables) -> Code:
    value, kind = field.value, field.kind
    around, expression = variables.of(value)
    head = f"{field.name}="
    if not kind.check:
        return Conjunction(head, (*around, expression)) if around else head + expression
    options = [f"{name}={option}" for name, option in kind.options.items()]
    arguments = (expression, f'"{value.path}"', *options)
    conditions = [*around, *([expression] if value.nullable else [])]
    if conditions:
        return Conjunction(head, (*conditions, Brackets(f"{kind.check}(", arguments)))
    return Brackets(f"{head}{kind.check}(", arguments)


def learner_fields(room: NewRoom) -> str:
    """Return where events and rows name people, for the consumer's declaration.

    A model that is there already needn't have a column for each.
    """
    fields = {field.value.path: field for field in room.fields}
    found = [
        _learner_field(identity, value, fields.get(value.path))
        for value in room.values
        if (identity := identity_of(value))
    ]
    return statement(_tuple("(", found), 8) + "," if found else ""


def _learner_field(identity: Identity, value: EventValue, field: Field | None) -> Code:
    items = [f"Identity.{identity.name}", f'"{value.path}"']
    if field:
        items.append(f'"{field.name}"')
        if not _is_kept(field, identity):
            items.append(f"blank={_blank(field)}")
    return Brackets("LearnerField(", tuple(items))


def learner_details(room: NewRoom) -> str:
    """Return what else rows say of people."""
    found = [field for field in room.fields if is_full_name(field.value) and not field.is_key]
    items = [Brackets("(", (f'"{field.name}"', _blank(field))) for field in found]
    return statement(_tuple("details=(", items), 8) + "," if found else ""


def nameless(room: NewRoom) -> Mapping[str, str]:
    """Return what a record says that names nobody any more, by field, in code."""
    people = [f for f in room.fields if identity_of(f.value) or is_full_name(f.value)]
    return {
        field.name: _blank(field)
        for field in people
        if not _is_kept(field, identity_of(field.value))
    }


def without_learner(room: NewRoom) -> str:
    """Return the function that makes a record that names nobody."""
    items = tuple(f"{name}={blank}" for name, blank in nameless(room).items())
    record = f"{room.names.class_prefix}Record"
    define = Brackets("def without_learner(", (f"record: {record}",), f") -> {record}:")
    text = "Return a record that names nobody." if items else "Return the record: it names nobody."
    docstring = f'    """{text}"""'
    made = statement(
        Brackets("return replace(", ("record", *items)) if items else "return record", 4
    )
    return f"{statement(define)}\n{docstring}\n{made}"


def people_in(room: NewRoom) -> set[str]:
    """Return the paths of the people that the event names."""
    return {person_of(value) for value in room.values if identity_of(value)}


def _is_kept(field: Field, identity: Identity | None) -> bool:
    """Return whether a row must go on to say it: its key, and a number that can't be blank."""
    return field.is_key or (identity is Identity.LMS_USER_ID and not field.value.optional)


def _blank(field: Field) -> str:
    return "None" if field.value.optional else '""'


def pii_types(room: NewRoom) -> list[str]:
    """Return the kinds of personal data in a row, as Open edX's annotations name them."""
    found = {_PII_TYPES.get(identity_of(field.value)) for field in room.fields}
    found |= {"name" for field in room.fields if is_full_name(field.value)}
    return sorted(each for each in found if each)


def _tuple(head: str, items: Iterable[Code]) -> Code:
    return Brackets(head, tuple(items), is_tuple=True)
