"""pygal's charts, without what pygal does to the process that imports it."""

from __future__ import annotations

import sys

import pygal

# For its maps it has a finder of modules in a form that Python 3.12 passes over, and of which 3.11
# warns at each import of the process: https://github.com/Kozea/pygal/pull/532
sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, pygal.PluginImportFixer)]

Line = pygal.Line
StackedBar = pygal.StackedBar
Style = pygal.style.Style
