"""How Credentials is set up for these tests."""

from tests.hosts.recipe import Recipe

RECIPE = Recipe(
    name="Credentials",
    landmark="credentials/apps/records/models.py",
    settings="tests.hosts.credentials.in_host",
    requirements=("requirements/test.txt", "requirements/django.txt"),
    leave_out=("edx-credentials-themes",),
    replace={
        "edx-event-bus-redis": "edx-event-bus-redis==0.5.0",  # there by its address in Git
        "lxml": "lxml==6.0.2",  # there with an extra that another package spells differently
    },
    empty=("edx_credentials_themes",),
    system=("default-libmysqlclient-dev", "pkg-config"),
)
