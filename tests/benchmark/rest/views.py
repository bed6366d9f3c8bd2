"""The view, as Credentials' ``/api/v2/grades/``: one grade, validated, with ``update_or_create``.

It authenticates nobody, which costs Credentials more.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.generics import CreateAPIView

from credentials_grades_sync.standalone.models import UserGrade
from shared.records import fold_key


class GradeSerializer(serializers.ModelSerializer):
    """A grade as it is posted."""

    class Meta:
        model = UserGrade
        fields = (
            "lms_user_id",
            "course_key",
            "username",
            "letter_grade",
            "percent_grade",
            "passed",
            "verified",
            "graded_at",
        )
        validators: tuple[()] = ()  # an older grade is no error: it is updated

    def create(self, validated_data: dict[str, Any]) -> UserGrade:
        """Write the grade, as it comes."""
        key = (validated_data.pop("lms_user_id"), validated_data.pop("course_key"))
        grade, _ = UserGrade.objects.update_or_create(
            lms_user_id=key[0],
            course_key=key[1],
            defaults={"sync_key": fold_key(key), **validated_data},
        )
        return grade


class Grades(CreateAPIView):
    """Takes a grade."""

    serializer_class = GradeSerializer
    authentication_classes = ()
    permission_classes = ()


def ready(request: HttpRequest) -> HttpResponse:
    """Say that the server answers."""
    return HttpResponse()
