"""The reference project: the smallest Django service that runs the rooms."""
