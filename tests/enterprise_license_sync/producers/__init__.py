"""Tests of what License Manager and the LMS publish; both are stood in for."""
