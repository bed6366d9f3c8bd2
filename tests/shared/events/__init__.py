"""Tests of the events that are defined here."""
