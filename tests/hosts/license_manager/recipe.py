"""How License Manager is set up for these tests."""

from tests.hosts.recipe import Recipe

RECIPE = Recipe(
    name="License Manager",
    landmark="license_manager/apps/subscriptions/models.py",
    settings="tests.hosts.license_manager.in_host",
    requirements=("requirements/test.txt", "requirements/django.txt"),
    replace={"django-autocomplete-light": "django-autocomplete-light"},  # its pin isn't there
    system=("default-libmysqlclient-dev", "pkg-config"),
)
