"""Stands in for ``credentials.apps.records``."""
