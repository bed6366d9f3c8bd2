"""From a number to the rows that it counts: the admin's lists, with filters."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


class Rows:
    """The lists of an admin site that a user may see."""

    def __init__(self, site: AdminSite, request: HttpRequest) -> None:
        self._site = site
        self._request = request

    def link(self, text: object, model: type[Model], **filters: object) -> SafeString:
        """Return a text that leads to these rows; the mere text for who may not see them."""
        if not self._may_view(model):
            return format_html("{}", text)
        options = model._meta
        name = f"admin:{options.app_label}_{options.model_name}_changelist"
        url = reverse(name, current_app=self._site.name)
        query = urlencode({key: _text(value) for key, value in filters.items()})
        return format_html('<a href="{}?{}">{}</a>', url, query, text)

    def _may_view(self, model: type[Model]) -> bool:
        if not self._site.is_registered(model):
            return False
        return bool(self._site.get_model_admin(model).has_view_permission(self._request))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
