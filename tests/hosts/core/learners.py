"""Stands in for ``SiteConfiguration`` and ``User`` of Credentials' ``core.models``."""

from django.contrib.sites.models import Site
from django.db import models


class SiteConfiguration(models.Model):
    """What a site does."""

    site = models.OneToOneField(Site, db_constraint=False, on_delete=models.CASCADE)
    records_enabled = models.BooleanField(default=True)

    class Meta:
        app_label = "core"


class User(models.Model):
    """A learner who has been to Credentials; not what Django authenticates here."""

    username = models.CharField(max_length=150, unique=True)
    full_name = models.CharField(max_length=255, blank=True, null=True, db_index=True)
    lms_user_id = models.IntegerField(null=True, db_index=True)

    class Meta:
        app_label = "core"
