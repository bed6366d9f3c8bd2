"""Tests of the demo's machinery, with the tests' own events."""
