"""Dashboard, rules and alerts say what the code says: they parse, their metrics exist, their pages are there."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.registry import Collector

from scripts import grafana
from springtide.bootstrap.specs import spec_of
from springtide.channels.watch import watching  # noqa: F401 - its metrics
from springtide.edge import limits  # noqa: F401 - its metrics
from springtide.platform import depths  # noqa: F401 - its metrics
from springtide.platform.telemetry import REGISTRY
from springtide.settings import CONTEXTS

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yaml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yaml"))
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool of Debian's prometheus is not installed")

_METRIC = re.compile(r"\b(?:springtide|process)_[a-z0-9_]+")
_RECORDED = re.compile(r"\bspringtide:[a-z0-9_:]+")


def promtool(*words: str) -> str:
    done = subprocess.run([str(PROMTOOL), *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def all_rules() -> list[dict]:
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    of_panels = [expression for panel in grafana.panels() for expression, _ in panel.lines]
    return [*of_panels, *(rule["expr"] for rule in all_rules())]


def known_metrics() -> set[str]:
    """Return every sample name that the code can tell, without waiting for a first value."""
    for context in CONTEXTS:
        spec_of(context)
    names = {sample.name for family in REGISTRY.collect() for sample in family.samples}  # those without a description
    collectors: list[Collector] = list(REGISTRY._collector_to_names)
    for collector in collectors:
        names.update(REGISTRY._collector_to_names[collector])
    return names


def test_the_dashboard_is_what_its_generator_writes() -> None:
    assert grafana.FILE.read_text(encoding="utf-8") == grafana.written(), "run `python -m scripts.grafana`"
    placed = [panel["gridPos"] for panel in json.loads(grafana.written())["panels"]]
    places = {(at["x"], at["y"]) for at in placed}
    assert len(places) == len(placed)


def test_every_metric_that_is_asked_for_is_one_that_the_code_tells() -> None:
    known = known_metrics()
    asked = {name for expression in expressions() for name in _METRIC.findall(expression)}
    assert len(asked) > 25
    assert asked - known == set()


def test_every_recorded_series_that_is_asked_for_is_recorded() -> None:
    recorded = {rule["record"] for rule in all_rules() if "record" in rule}
    asked = {name for expression in expressions() for name in _RECORDED.findall(expression)}
    assert asked - recorded == set()


def test_every_alert_has_its_page_and_its_urgency() -> None:
    alerts = [rule for rule in all_rules() if "alert" in rule]
    assert len(alerts) >= 12
    for alert in alerts:
        page = ROOT / alert["annotations"]["runbook_url"]
        assert "## What to do" in page.read_text(encoding="utf-8"), alert["alert"]
        assert alert["labels"]["severity"] in {"critical", "warning"}


@needs_promtool
def test_promtool_takes_the_rules_and_they_do_what_their_tests_say() -> None:
    promtool("check", "rules", *map(str, RULES))
    assert "FAILED" not in promtool("test", "rules", *map(str, TESTS))
    promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))


@needs_promtool
def test_every_expression_of_the_dashboard_parses(tmp_path: Path) -> None:
    rules = [
        {"record": f"springtide:panel_{number}", "expr": expression.replace("$__rate_interval", "1m")}
        for number, expression in enumerate(expression for panel in grafana.panels() for expression, _ in panel.lines)
    ]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", str(file))
    rules[0]["expr"] = "sum(rate(springtide_orders_placed_total[1m])"  # a parenthesis short: the check can fail
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    with pytest.raises(AssertionError, match="parse"):
        promtool("check", "rules", str(file))
