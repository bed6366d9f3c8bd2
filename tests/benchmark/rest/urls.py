"""What Gunicorn's application answers."""

from __future__ import annotations

from django.urls import path

from tests.benchmark.rest.views import Grades, ready

urlpatterns = [path("grades/", Grades.as_view()), path("ready/", ready)]
