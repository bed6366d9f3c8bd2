"""Stands in for License Manager's ``license_manager.apps.subscriptions``."""
