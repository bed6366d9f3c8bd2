"""Settings of the upgraded processes: those of the others, with the room's second version."""

from tests.process_settings import *  # noqa: F403
from tests.process_settings import INSTALLED_APPS

INSTALLED_APPS = [
    "tests.faults.second_version.apps.SecondLibraryConfig"
    if name == "tests.installed.LibraryConfig"
    else name
    for name in INSTALLED_APPS
]
