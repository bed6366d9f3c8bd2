"""Sphinx configuration; the tox environment `docs` builds with it."""

import os
from importlib.metadata import version as installed_version

import django

# For the docstrings of models.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shared.project.settings")
django.setup()

project = "Open edX Event Sync"
copyright = "the Open edX Event Sync contributors"
release = version = installed_version("openedx-event-sync")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
