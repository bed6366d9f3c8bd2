"""Keeps course runs in Course Discovery up to date from publication events of Studio."""
