"""Tests of the plugin for the LMS; the LMS itself is stood in for."""
