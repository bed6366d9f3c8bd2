"""Who is retired, so that no event brings their personal data back: by keyed digests only."""

from __future__ import annotations

from django.db import models


class RetiredLearner(models.Model):
    """One name of a retired learner: an HMAC of it, which tells nothing without its key.

    .. no_pii: A pseudonym: who has the key can tell whether a name that they know is among them.
    """

    digest = models.CharField(max_length=64, unique=True)
    retired_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest


class RetirementGate(models.Model):
    """The one row that a batch holds shared, and a retirement alone; see ADR 0013.

    .. no_pii:
    """

    THE_ONE = 1

    fingerprints = models.TextField(
        blank=True, help_text="Of the keys that the digests were made with; empty: nobody is."
    )
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "the gate"
