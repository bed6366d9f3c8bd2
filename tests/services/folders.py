"""Where `make services` keeps what it brings and makes: one folder of the checkout, not in Git."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / ".services"
JARS = FOLDER / "jars"
