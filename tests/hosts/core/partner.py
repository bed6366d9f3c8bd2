"""Stands in for ``Partner`` of Course Discovery's ``core.models``."""

from __future__ import annotations

from django.db import models


class Partner(models.Model):
    """One who has courses in Discovery, with an LMS and a Studio."""

    name = models.CharField(max_length=128, unique=True)
    short_code = models.CharField(max_length=8, unique=True)
    marketing_site_url_root = models.URLField(max_length=255, null=True, blank=True)
    publisher_url = models.URLField(max_length=255, null=True, blank=True)

    class Meta:
        app_label = "core"

    @property
    def has_marketing_site(self) -> bool:
        """Whether there is a marketing site that runs are pushed to."""
        return bool(self.marketing_site_url_root)

    @property
    def uses_publisher(self) -> bool:
        """Whether course teams decide in Publisher what becomes public; here it is always on."""
        return bool(self.publisher_url)
