"""Tests of the plugin for Studio."""
