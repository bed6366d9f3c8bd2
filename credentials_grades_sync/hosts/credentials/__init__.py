"""Writes grades to Credentials' own ``records.UserGrade``: read ``destination`` first."""

from credentials_grades_sync.hosts.credentials.destination import USER_GRADES

__all__ = ["USER_GRADES"]
