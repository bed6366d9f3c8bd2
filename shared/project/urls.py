"""The reference project's addresses: the admin, and the API of those who run it."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("event-sync/", include("shared.rest_api.urls")),
]
