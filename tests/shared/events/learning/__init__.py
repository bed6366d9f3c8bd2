"""Tests of the ``learning`` events."""
