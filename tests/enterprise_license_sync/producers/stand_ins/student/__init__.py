"""Stands in for the LMS's ``common.djangoapps.student``."""
