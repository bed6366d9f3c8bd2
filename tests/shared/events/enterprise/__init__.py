"""Tests of the ``enterprise`` events."""
