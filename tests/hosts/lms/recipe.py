"""How edx-enterprise is set up for these tests: the LMS itself can't be run here."""

from tests.hosts.recipe import Recipe

RECIPE = Recipe(
    name="edx-enterprise",
    landmark="enterprise/api/v1/views/enterprise_subsidy_fulfillment.py",
    settings="tests.hosts.lms.in_host",
    requirements=("requirements/test.txt",),
    add=("Django~=5.2.0",),  # the LMS's own
)
