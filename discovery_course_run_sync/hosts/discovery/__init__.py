"""Writes course runs to Course Discovery's own tables: read ``destination`` first."""

from discovery_course_run_sync.hosts.discovery.destination import COURSE_RUNS

__all__ = ["COURSE_RUNS"]
