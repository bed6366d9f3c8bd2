"""The stand-in is an application with the label of the service's own."""

from django.apps import AppConfig


class CourseMetadataConfig(AppConfig):
    """Stands in for Course Discovery's ``course_discovery.apps.course_metadata``."""

    name = "tests.hosts.discovery.course_metadata"
    label = "course_metadata"
