"""Stands in for the applications with the label ``core``, which several hosts have."""
