"""What pages call by a name bears it: metrics, alerts and settings."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from shared import conf, metrics
from tests.processes import ROOT

PAGES = sorted((ROOT / "docs" / "how_to").glob("*.md"))
METRIC = re.compile(r"`(event_sync_[a-z_]+)[`{\[]")
ALERT = re.compile(r"`(EventSync[A-Za-z]+)`")
SETTING = re.compile(r"`EVENT_SYNC\[[\"'](\w+)[\"']\]")
OTHERS = {"event_sync_room", "event_sync_messages", "event_sync_appliedevent"}
"""Attributes of a span in a trace, and a table."""


def declared_metrics() -> set[str]:
    """Return what the worker's metrics are called, and by what else they are found."""
    found = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    names = {each._name for each in found}
    return names | {f"{each._name}_total" for each in found if each._type == "counter"}


def names(pattern: re.Pattern[str], page: Path) -> set[str]:
    """Return what a page names."""
    return set(pattern.findall(page.read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_metrics(page: Path) -> None:
    """Each is one of the worker's."""
    assert names(METRIC, page) <= declared_metrics() | OTHERS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_alerts(page: Path) -> None:
    """Each is one of the rules'."""
    rules = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
    assert names(ALERT, page) <= set(re.findall(r"- alert: (\w+)", rules))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings(page: Path) -> None:
    """Each is one of ours."""
    assert names(SETTING, page) <= {field.name.upper() for field in fields(conf.Settings)}


def test_names_are_found() -> None:
    """The other tests have something to test."""
    scale, retire = (ROOT / f"docs/how_to/{name}.md" for name in ("scale", "retire_learners"))
    assert "event_sync_lag" in names(METRIC, scale)
    assert "EventSyncLagGrows" in names(ALERT, scale)
    assert names(SETTING, retire) == {"RETIREMENT_KEYS"}
