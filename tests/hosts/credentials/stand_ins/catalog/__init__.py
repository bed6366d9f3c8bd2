"""Stands in for ``credentials.apps.catalog``."""
