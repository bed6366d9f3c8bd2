"""What the columns of exact texts and of keys are on each kind of database."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connections, transaction

from shared.fields import ExactCharField
from shared.models import AppliedEvent, ShadowRecord
from tests.testapp.models import Shelf


@pytest.mark.parametrize(
    ("vendor", "collation"), [("mysql", "utf8mb4_bin"), ("postgresql", None), ("sqlite", None)]
)
def test_collation(vendor, collation, monkeypatch):
    """Only MySQL's and MariaDB's usual one takes different texts for equal."""
    connection = connections["default"]
    monkeypatch.setattr(connection, "vendor", vendor)
    parameters = ExactCharField(max_length=9).db_parameters(connection)
    assert parameters["collation"] == collation
    assert parameters["type"] == "varchar(9)"


def test_migrations_name_it_without_a_collation():
    """One migration serves every database."""
    field = ExactCharField(max_length=9)
    field.set_attributes_from_name("text")
    assert field.deconstruct() == ("text", "shared.fields.ExactCharField", [], {"max_length": 9})


@pytest.mark.django_db
@pytest.mark.parametrize("model", [AppliedEvent, ShadowRecord, Shelf])
def test_key_has_one_index(model):
    """The unique one; PostgreSQL's second would cost every new row as much again."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    indexes = [each for each in found.values() if each["columns"] == ["sync_key"]]
    assert [each["unique"] for each in indexes] == [True]


@pytest.mark.django_db
def test_key_is_unique():
    """Whatever name its type goes by."""
    AppliedEvent.objects.create(sync_key="a")
    with pytest.raises(IntegrityError), transaction.atomic():
        AppliedEvent.objects.create(sync_key="a")
