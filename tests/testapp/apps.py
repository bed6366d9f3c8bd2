"""Makes the tests' tables a Django application; tests register its room themselves."""

from django.apps import AppConfig


class TestAppConfig(AppConfig):
    """Tables of the tests."""

    name = "tests.testapp"
    label = "testapp"
    default_auto_field = "django.db.models.BigAutoField"
