"""What a column of exact texts is on each kind of database."""

from __future__ import annotations

import pytest
from django.db import connections

from shared.fields import ExactCharField


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
