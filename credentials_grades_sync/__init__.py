"""Keeps user grades in Credentials up to date from grade events of the LMS."""
