"""A model may have columns that the rooms have none of: nothing of them is lost or cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, models, transaction
from django.db.models import F
from django.test.utils import isolate_apps
from django.utils.functional import lazystr
from opaque_keys.edx.keys import CourseKey

from shared.ordering import SyncedModel
from shared.outcomes import Outcome
from shared.records import Key, PositionedRecord, observed
from shared.upsert import upsert
from tests.rows import NOON, at

COURSE = "course-v1:edX+Tests+2026"
POSTGRESQL_ALONE = "no other database has arrays"


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """A record that says only which row it is of."""

    number: int

    @property
    def key(self) -> Key:
        """The number."""
        return (self.number,)


@dataclass(frozen=True, kw_only=True)
class Valued(Numbered):
    """And a value."""

    value: Any


@dataclass(frozen=True, kw_only=True)
class Opened(Numbered):
    """And a state, since one time."""

    state: str
    opened: datetime = observed()


@dataclass(frozen=True, kw_only=True)
class Closed(Numbered):
    """And a state, since another."""

    state: str
    closed: datetime = observed()


class ThreeLetters(models.Field):
    """A column of exactly three letters."""

    def db_type(self, connection: Any) -> str:
        """Return the type of a fixed length."""
        return "char(3)"


MakeModel = Callable[..., type[Any]]


@pytest.fixture
def model_of(transactional_db: None) -> Iterator[MakeModel]:
    """What makes a model with columns of its own, and its table."""
    made: list[type[models.Model]] = []

    def make(**columns: models.Field[Any, Any]) -> type[models.Model]:
        meta = type("Meta", (), {"app_label": "testapp"})
        body = {"number": models.IntegerField(), **columns, "Meta": meta, "__module__": __name__}
        with isolate_apps("tests.testapp"):
            made.append(type("Unusual", (SyncedModel,), body))
        with connection.schema_editor() as editor:
            editor.create_model(made[-1])
        return made[-1]

    yield make
    for model in made:
        with connection.schema_editor() as editor:
            editor.delete_model(model)


def put(model: type[Any], *records: Any, second: int = 1) -> list[Outcome]:
    """Upsert records, each a second later than the one before."""
    items = [PositionedRecord(each, at(second + n)) for n, each in enumerate(records)]
    with transaction.atomic():
        return upsert(model, items, now=NOON)


def test_times_of_two_kinds_of_records(model_of: MakeModel) -> None:
    """A batch may have both: each writes its own time, and keeps the other's."""
    time = models.DateTimeField
    model = model_of(state=models.TextField(), opened=time(null=True), closed=time(null=True))
    put(model, Opened(number=1, state="open", opened=NOON))
    later = NOON + timedelta(hours=1)
    put(
        model,
        Closed(number=1, state="closed", closed=later),
        Opened(number=2, state="open", opened=later),
        second=2,
    )
    found = model.objects.order_by("number").values_list("state", "opened", "closed")
    assert list(found) == [("closed", NOON, later), ("open", later, None)]


def test_default_of_the_database(model_of: MakeModel) -> None:
    """A column that no record has gets it, beside rows for which it isn't needed."""
    model = model_of(value=models.CharField(max_length=20, db_default="from the database"))
    put(model, Numbered(number=1), Valued(number=2, value="from the event"), Numbered(number=3))
    found = list(model.objects.order_by("number").values_list("value", flat=True))
    assert found == ["from the database", "from the event", "from the database"]


def test_generated_column(model_of: MakeModel) -> None:
    """The database makes it, with a new row and with a change."""
    double = models.GeneratedField(
        expression=F("value") * 2, output_field=models.IntegerField(), db_persist=True
    )
    model = model_of(value=models.IntegerField(), double=double)
    put(model, Valued(number=1, value=1))
    put(model, Valued(number=1, value=4), second=2)
    assert model.objects.get().double == 8


def test_text_of_a_fixed_length(model_of: MakeModel) -> None:
    """Nothing is cut off, when the row is made and when it changes."""
    model = model_of(value=ThreeLetters())
    for second, text in enumerate(("abc", "xyz")):
        put(model, Valued(number=1, value=text), second=second)
        assert model.objects.get().value == text


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        (models.CharField(max_length=99), CourseKey.from_string(COURSE), COURSE),
        (models.CharField(max_length=99), lazystr("lazy"), "lazy"),
        (models.TextField(), 7, "7"),
        (models.IntegerField(), 3.0, 3),
        (models.IntegerField(), True, 1),
        (models.BooleanField(), 1, True),
    ],
    ids=["key", "lazy", "number", "float", "flag", "one"],
)
def test_value_of_another_type(
    model_of: MakeModel, field: models.Field[Any, Any], value: Any, stored: Any
) -> None:
    """What the field takes by its own rules it takes here."""
    model = model_of(value=field.clone())
    put(model, Valued(number=1, value=value))
    assert model.objects.get().value == stored


def test_name_of_a_file(model_of: MakeModel) -> None:
    """It is a text like others; the file itself is somebody else's."""
    model = model_of(value=models.FileField())
    for second, name in enumerate(("images/one.png", "images/two.png")):
        put(model, Valued(number=1, value=name), second=second)
        assert model.objects.get().value == name


@pytest.mark.skipif(connection.vendor != "postgresql", reason=POSTGRESQL_ALONE)
@pytest.mark.parametrize(
    ("field", "values"),
    [
        (models.IntegerField(), [1, 2]),
        (models.CharField(max_length=9), ["a,b", '"}']),
        (models.UUIDField(), [UUID(int=1), UUID(int=2)]),
    ],
    ids=["numbers", "texts", "uuids"],
)
def test_arrays(model_of: MakeModel, field: models.Field[Any, Any], values: list[Any]) -> None:
    """Of any length, none included, in rows of one batch and when they change."""
    from django.contrib.postgres.fields import ArrayField

    model = model_of(value=ArrayField(field.clone(), null=True))
    given = [values, [], values[:1], None]
    for second, order in enumerate((given, given[::-1])):
        records = [Valued(number=number, value=value) for number, value in enumerate(order)]
        assert put(model, *records, second=second * 10) == [Outcome.APPLIED] * 4
        assert list(model.objects.order_by("number").values_list("value", flat=True)) == order


def test_outside_a_transaction(model_of: MakeModel) -> None:
    """It is refused: a lock would be let go before the row is written."""
    model = model_of()
    item = PositionedRecord(Numbered(number=1), at(1))
    with pytest.raises(transaction.TransactionManagementError):
        upsert(model, [item], now=NOON)
    assert not model.objects.exists()


def test_stamps_of_a_row_that_only_moves(model_of: MakeModel) -> None:
    """They are when the row was made, and when it last changed."""
    model = model_of(value=models.IntegerField())
    put(model, Valued(number=1, value=1))
    made, changed = NOON - timedelta(days=9), NOON - timedelta(days=8)
    model.objects.update(created=made, modified=changed)
    assert put(model, Valued(number=1, value=1), second=5) == [Outcome.UNCHANGED]
    row = model.objects.get()
    assert (row.created, row.modified, row.position) == (made, changed, at(5))
