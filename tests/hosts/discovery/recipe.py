"""How Course Discovery is set up for these tests."""

from tests.hosts.recipe import Recipe

RECIPE = Recipe(
    name="Course Discovery",
    landmark="course_discovery/apps/course_metadata/models.py",
    settings="tests.hosts.discovery.in_host",
    requirements=("requirements/test.txt",),
    # As its production.txt and pip.txt pin them; the test requirements leave both open.
    add=("Django==5.2.6", "setuptools==80.9.0"),
)
