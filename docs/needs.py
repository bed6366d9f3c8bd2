"""Says in one line what the documentation needs and the machine lacks; Sphinx takes fifty."""

from __future__ import annotations

import sys
from shutil import which

PACKAGES = ("graphviz", "libenchant-2-2", "hunspell-en-gb")
"""Of Debian and Ubuntu: what draws the diagrams, what spells, and the language."""


def missing() -> list[str]:
    """Return what isn't there, in a person's words."""
    needs = {"Graphviz": bool(which("dot")), "a British dictionary for Enchant": _has_dictionary()}
    return [what for what, is_there in needs.items() if not is_there]


def _has_dictionary() -> bool:
    try:
        import enchant
    except ImportError:  # so it says that its C library is missing
        return False
    return bool(enchant.dict_exists("en_GB"))


if __name__ == "__main__" and (lacks := missing()):
    sys.exit(
        f"The documentation needs {' and '.join(lacks)}."
        f" Hint: sudo apt-get install --no-install-recommends {' '.join(PACKAGES)}"
    )
