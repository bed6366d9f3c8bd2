"""The API's addresses: a service includes them where it likes, by habit below ``event-sync/``."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("shared.rest_api.v1.urls"))]
