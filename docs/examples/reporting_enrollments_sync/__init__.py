"""Keeps the course enrollments of the LMS for reporting: a whole consumer in its shortest form."""
