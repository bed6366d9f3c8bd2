"""docs/reference/supported_versions.md says what tox, the constraints and the metadata say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from itertools import product
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.processes import ROOT

PAGE = (ROOT / "docs" / "reference" / "supported_versions.md").read_text()
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("Django", "djangorestframework", "openedx-events", "edx-event-bus-kafka")
"""In the order of the page's columns."""
SERVERS = {
    "Apache Kafka": "kafka",
    "Apicurio Registry": "registry",
    "PostgreSQL": "postgresql",
    "MariaDB": "mariadb",
}
ENVIRONMENT = re.compile(r"py3(?P<python>\d+)-django(?P<django>\d\d)-(?P<pins>\w+)")
ROW = re.compile(rf"^\| `({ENVIRONMENT.pattern})` \| (.+) \|$", re.MULTILINE)

Row = dict[str, str]


def rows() -> dict[str, Row]:
    """Return the page's first table: the versions of Python and packages by environment."""
    columns = ("Python", *PACKAGES)
    return {
        row[1]: dict(zip(columns, row[row.re.groups].split(" | "), strict=True))
        for row in ROW.finditer(PAGE)
    }


def environments() -> set[str]:
    """Return the environments of ``tox.ini`` that run the tests on a Python of their own."""
    tox = ConfigParser()
    tox.read(ROOT / "tox.ini")
    lines = tox["tox"]["env_list"].split()
    return {name for line in lines for name in _expanded(line) if ENVIRONMENT.fullmatch(name)}


def _expanded(line: str) -> Iterator[str]:
    """Yield the names that braces stand for: ``py{312,313}-x`` is two."""
    parts = [part.split(",") for part in re.split(r"[{}]", line)]
    yield from ("".join(chosen) for chosen in product(*parts))


def pinned(environment: str) -> Row:
    """Return what an environment's name and its constraints say."""
    named = ENVIRONMENT.fullmatch(environment)
    assert named
    python = f"3.{named['python']}"
    lines = (ROOT / "constraints" / f"{named['pins']}.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    on_it = {"python_version": python, "python_full_version": f"{python}.99"}
    versions = {
        pin.name: next(iter(pin.specifier)).version
        for pin in pins
        if pin.marker is None or pin.marker.evaluate(on_it)
    }
    return {"Python": python} | {
        name: ".".join(versions[name.lower()].split(".")[:2]) for name in PACKAGES
    }


def supported(column: str) -> set[str]:
    """Return the versions in a column of the page's first table."""
    return {row[column] for row in rows().values()}


OLDEST = min(supported("Python"), key=Version)


def classified(prefix: str) -> set[str]:
    """Return the versions that the classifiers name."""
    found = (re.fullmatch(rf"{prefix} :: (\d+\.\d+)", each) for each in PROJECT["classifiers"])
    return {match[1] for match in found if match}


def lowest(specifiers: str) -> str:
    """Return the version that a requirement begins with."""
    (specifier,) = Requirement(f"it{specifiers}").specifier
    assert specifier.operator == ">="
    return specifier.version


def test_environments_are_those_of_tox():
    """Each that runs the tests, and no other."""
    assert environments() == set(rows()) != set()


@pytest.mark.parametrize("environment", rows())
def test_versions_are_those_of_the_constraints(environment):
    """As they are on its Python."""
    assert rows()[environment] == pinned(environment)


@pytest.mark.parametrize("environment", rows())
def test_environment_has_the_django_of_its_name(environment):
    """So that tox's own requirement can be met."""
    named = ENVIRONMENT.fullmatch(environment)
    assert named
    assert named["django"] == rows()[environment]["Django"].replace(".", "")


@pytest.mark.parametrize(
    ("prefix", "column"),
    [("Programming Language :: Python", "Python"), ("Framework :: Django", "Django")],
)
def test_classifiers_are_what_is_tested(prefix, column):
    """An index of packages says what the page says."""
    assert classified(prefix) == supported(column)


@pytest.mark.parametrize("package", PACKAGES)
def test_lower_bound_is_the_oldest_tested(package):
    """``pip`` installs nothing older."""
    (bound,) = (
        lowest(str(requirement.specifier))
        for requirement in map(Requirement, PROJECT["dependencies"])
        if requirement.name == package
    )
    assert bound == min(supported(package), key=Version)


def test_oldest_python_is_the_oldest_tested():
    """On an older one ``pip`` refuses."""
    assert lowest(PROJECT["requires-python"]) == OLDEST


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("pyproject.toml", 'target-version = "py{0}{1}"'),
        ("tox.ini", "--python-version {0}.{1}"),
        ("Makefile", "sys.version_info >= ({0}, {1})"),
        ("README.md", "Python {0}.{1} or newer"),
        ("CONTRIBUTING.md", "Python {0}.{1} or newer"),
    ],
)
def test_oldest_python_is_the_same_everywhere(file, said):
    """Tools write for it, and people are told of it."""
    assert said.format(*OLDEST.split(".")) in (ROOT / file).read_text()


@pytest.mark.parametrize("server", SERVERS)
def test_servers_are_those_of_compose(server):
    """Which another test compares with those that the tests run on."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    version = services[SERVERS[server]]["image"].rpartition(":")[2]
    assert re.search(rf"^\| {server}\b[^|]*\| {re.escape(version)} \|", PAGE, re.MULTILINE)
