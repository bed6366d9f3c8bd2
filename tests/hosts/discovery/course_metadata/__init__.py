"""Stands in for Course Discovery's ``course_discovery.apps.course_metadata``.

It has the labels, fields, constraints, managers and ``save()`` rules of the service's own, as read
from its source, as far as the room meets them.
"""
