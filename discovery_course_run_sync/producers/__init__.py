"""A plugin for Studio: configures it to publish the events that this room consumes."""
