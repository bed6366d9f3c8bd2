"""Stands in for edx-enterprise's ``enterprise``."""
