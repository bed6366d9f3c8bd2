"""Keeps subscription plans, licenses and licensed enrollments up to date from their events."""
