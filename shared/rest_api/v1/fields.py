"""Values that a person or a program gives, each taken as it is meant or refused in one line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from shared.exceptions import FatalError
from shared.misspellings import hint_about
from shared.times import parse_time


class Text(serializers.CharField):
    """Text; a number isn't read as one."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text. Raises ``ValidationError``."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Number(serializers.IntegerField):
    """A whole number; of the text of a query also its digits."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number. Raises ``ValidationError``."""
        is_digits = isinstance(data, str) and data.isascii() and data.isdecimal()
        if not (type(data) is int or (is_digits and self.context.get("is_query"))):
            self.fail("invalid")
        return super().to_internal_value(data)


class Switch(serializers.BooleanField):
    """True or false, and no word for it."""

    def to_internal_value(self, data: Any) -> bool:
        """Return it. Raises ``ValidationError``."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Time(serializers.DateTimeField):
    """A point in time with its zone, as the commands take it."""

    def to_internal_value(self, data: Any) -> datetime:
        """Return it in UTC. Raises ``ValidationError``."""
        try:
            if isinstance(data, str):
                return parse_time(data)
        except FatalError as error:
            raise ValidationError(str(error)) from error
        except ValueError:
            pass
        raise ValidationError("This is no time. Write it as in 2026-01-31T12:00:00Z.")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses names that it doesn't know: a misspelt filter would stand for all."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values. Raises ``ValidationError``."""
        unknown = [name for name in data if name not in self.fields] if _is_named(data) else []
        if unknown:
            raise ValidationError({_printable(name): [self._hint(name)] for name in unknown[:5]})
        values: dict[str, Any] = super().to_internal_value(data)
        return values

    def _hint(self, name: str) -> str:
        return f"There is no such field. {hint_about(name[:100], self.fields)}"


# drf-spectacular annotates neither what registers these classes nor what it calls below.
class StrictSerializerExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Lets the schema say so; drf-spectacular finds it by itself."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return the schema, closed."""
        map_ = auto_schema._map_serializer
        schema = map_(self.target, direction, bypass_extensions=True)  # type: ignore[no-untyped-call]
        return {**schema, "additionalProperties": False}


def _is_named(data: Any) -> bool:
    return isinstance(data, Mapping)


def _printable(name: str) -> str:
    """Return a name without halves of characters, which no answer could hold."""
    return name[:100].encode("utf-8", "backslashreplace").decode()
