"""Destinations that write to the tables of the service that installs the room."""
