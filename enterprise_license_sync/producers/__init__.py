"""Publishes the events that this room consumes: from License Manager, and from the LMS."""
