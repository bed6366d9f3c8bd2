"""A plugin for the LMS: publishes the grades that this room consumes."""
