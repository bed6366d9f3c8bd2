"""Sphinx configuration; the tox environment `docs` builds with it."""

from importlib.metadata import version as installed_version

project = "Open edX Event Sync"
copyright = "the Open edX Event Sync contributors"
release = version = installed_version("openedx-event-sync")

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
