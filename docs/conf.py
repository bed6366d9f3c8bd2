"""Sphinx configuration; the tox environment `docs` builds and spells by it."""

import os
from importlib.metadata import version as installed_version
from pathlib import Path

import django

# For the docstrings of models.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shared.project.settings")
django.setup()

project = "Open edX Event Sync"
copyright = "the Open edX Event Sync contributors"
release = version = installed_version("openedx-event-sync")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.graphviz",
    "sphinxcontrib.spelling",
]
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["diagrams.css"]
graphviz_output_format = "svg"

spelling_lang = tokenizer_lang = "en_GB"
spelling_warning = True
spelling_word_list_filename = str(Path(__file__).with_name("spelling_wordlist.txt"))
# The same words are right for everybody, whatever is installed and whoever has committed.
spelling_ignore_importable_modules = False
spelling_ignore_contributor_names = False
