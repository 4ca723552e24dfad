import tomllib
from pathlib import Path

import msgspec
import pytest
import yaml

from springtide.cli import main
from springtide.contexts.peak.domain.servers.plan import plan_servers
from springtide.contexts.peak.providers.scaling_files import fleet_groups, rewrite_overlay
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.demo.company import load_company
from tests.unit.peak.gateways.totals import totals_of

OVERLAY = Path(__file__).parents[4] / "deploy/kustomize/overlays/peak/scaling.yaml"
LEVELS = [level / 10 for level in range(1, 21)]


@pytest.fixture(scope="module")
def plan():
    days = [[2.0] * 24, [2.0] * 9 + [1_000_000.0] * 3 + [2.0] * 12]
    return plan_servers(totals_of(orders_per_hour=days, levels=LEVELS), load_company()).plan


def scaled(text: str) -> dict[str, dict]:
    return {doc["metadata"]["name"]: doc["spec"] for doc in yaml.safe_load_all(text)}


def test_the_overlay_says_what_the_plan_says_and_keeps_the_rest(plan) -> None:
    before = scaled(OVERLAY.read_text(encoding="utf-8"))
    after = scaled(rewrite_overlay(OVERLAY.read_text(encoding="utf-8"), plan, timezone="Europe/London"))
    assert after.keys() == before.keys()
    for service in plan.services:
        spec = after[service.service]
        assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (service.least, service.most)
        crons = [trigger["metadata"] for trigger in spec["triggers"] if trigger["type"] == "cron"]
        assert [cron["desiredReplicas"] for cron in crons] == [str(window.processes) for window in service.early]
        assert all(cron["timezone"] == "Europe/London" for cron in crons)
        kept = [trigger for trigger in spec["triggers"] if trigger["type"] != "cron"]
        assert kept == [trigger for trigger in before[service.service]["triggers"] if trigger["type"] != "cron"]
        assert spec["advanced"] == before[service.service]["advanced"]
    (first,) = [trigger for trigger in after["selling"]["triggers"] if trigger["type"] == "cron"]
    assert first["metadata"]["start"] == "50 8 22 11 *"


def test_writing_twice_changes_nothing_more(plan) -> None:
    once = rewrite_overlay(OVERLAY.read_text(encoding="utf-8"), plan, timezone="Europe/London")
    assert rewrite_overlay(once, plan, timezone="Europe/London") == once


def test_an_overlay_without_a_service_is_named(plan) -> None:
    text = OVERLAY.read_text(encoding="utf-8").replace("  name: selling\n", "  name: sales\n", 1)
    with pytest.raises(InvalidPeakInput, match="no ScaledObject is named selling"):
        rewrite_overlay(text, plan, timezone="Europe/London")


def test_the_fleet_file_is_one_the_fleet_reads(plan, tmp_path) -> None:
    from springtide.commands.fleet.plan import read  # noqa: PLC0415 - the fleet's own reader is the judge

    file = tmp_path / "fleet.toml"
    file.write_text(fleet_groups(plan, cores=4), encoding="utf-8")
    assert tomllib.loads(file.read_text(encoding="utf-8"))["groups"]["shop"]["max"] == 4
    assert read(file).groups["shop"].max == 4


def test_the_command_writes_both_or_nothing(plan, tmp_path, capsys) -> None:
    (tmp_path / "plan.json").write_bytes(msgspec.json.encode({"servers": plan}))
    (tmp_path / "scaling.yaml").write_text(OVERLAY.read_text(encoding="utf-8"), encoding="utf-8")
    words = ["peak", "scaling", str(tmp_path / "plan.json"), "--overlay", str(tmp_path)]
    assert main([*words, "--fleet", str(tmp_path / "fleet.toml")]) == 0
    assert "Written" in capsys.readouterr().out
    assert scaled((tmp_path / "scaling.yaml").read_text(encoding="utf-8"))["web"]["minReplicaCount"] == 3

    (tmp_path / "scaling.yaml").write_text("metadata:\n  name: web\n", encoding="utf-8")
    (tmp_path / "fleet.toml").unlink()
    assert main([*words, "--fleet", str(tmp_path / "fleet.toml")]) == 1
    assert "no ScaledObject is named selling" in capsys.readouterr().err
    assert not (tmp_path / "fleet.toml").exists()
    assert main(["peak", "scaling", str(tmp_path / "scaling.yaml")]) == 1
    assert "scaling.yaml" in capsys.readouterr().err
