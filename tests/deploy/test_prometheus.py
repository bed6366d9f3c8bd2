"""The alert rules ask for what the workers have, say what to do, and fire when they should."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.deploy.promql import DEPLOY, problems
from tests.docs.blocks import ROOT, run_by

FOLDER = DEPLOY / "prometheus"
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
NAMES = [rule["alert"] for rule in RULES]
HEADING = re.compile(r"^### (EventSync\w+)$", re.MULTILINE)
needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool isn't there; make test-services installs it"
)


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_rule(rule: dict[str, Any]) -> None:
    """It asks for metrics that there are, says how grave it is, what happens, and where to read."""
    assert problems(rule["expr"]) == []
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    annotations = rule["annotations"]
    assert set(annotations) == {"summary", "description", "runbook_url"}
    assert annotations["runbook_url"] == f"docs/how_to/runbook.md#{rule['alert'].lower()}"


def test_alerts_have_names_of_their_own() -> None:
    """A silence is for one of them."""
    assert len(NAMES) == len(set(NAMES))


def test_runbook() -> None:
    """It has a section for every alert, in the order of the rules, and for no other."""
    text = (DEPLOY.parent / "docs" / "how_to" / "runbook.md").read_text()
    assert HEADING.findall(text) == NAMES


def test_every_alert_is_tested() -> None:
    """Each is seen firing, and not firing."""
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    checks = [check for test in tests for check in test["alert_rule_test"]]
    fires = {check["alertname"] for check in checks if check["exp_alerts"]}
    rests = {check["alertname"] for check in checks if not check["exp_alerts"]}
    assert (fires, rests) == ({*NAMES}, {*NAMES})


@needs_promtool
def test_promtool() -> None:
    """Prometheus' own tool reads the rules, and they fire as their unit tests say."""
    (block,) = run_by(__file__)
    done = subprocess.run(["bash", "-ec", block.text], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(NAMES)} rules found" in done.stdout
