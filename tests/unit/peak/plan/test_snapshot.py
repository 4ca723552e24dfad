"""`springtide peak snapshot`: what was frozen stays what it was, and makes the same plan again."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from springtide.cli import main
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.plan.again import inputs_again
from springtide.contexts.peak.domain.plan.inputs import PlanInputs
from springtide.contexts.peak.providers.demand_file import read_demand
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.plan import Plan, PlanRecord
from tests.unit.peak.plan.test_command import write_shop

OPTIONS = ("--season-days", "10", "--paths", "40", "--roster-weeks", "0", "--size", "2")


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frozen")
    shop = write_shop(folder / "shop")
    assert main(["peak", "plan", str(shop), "--out", str(folder / "plan"), *OPTIONS]) == 0
    return folder / "plan"


def test_a_frozen_plan_makes_the_same_plan_again(frozen: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peak", "snapshot", str(frozen), "--remake"]) == 0
    assert "the same plan.json, byte for byte" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["plan.json", "inputs.json", "paths.npz", "demand.npz"])
def test_what_was_changed_afterwards_is_named(
    frozen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    copy = shutil.copytree(frozen, tmp_path / "copy")
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    assert main(["peak", "snapshot", str(copy)]) == 1
    assert f"{name}: the file is not what was frozen" in capsys.readouterr().err


def test_another_plan_from_other_inputs_is_told(
    frozen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(frozen, tmp_path / "copy")
    monkeypatch.setattr("springtide.contexts.peak.providers.snapshot.inputs_again", _with_another_seed)
    assert main(["peak", "snapshot", str(copy), "--remake"]) == 1
    assert "another plan.json came out" in capsys.readouterr().out


def _with_another_seed(plan: Plan, record: PlanRecord, joint: JointPaths) -> PlanInputs:
    return replace(inputs_again(plan, record, joint), seed=99)


def test_a_folder_without_a_frozen_plan_is_refused(
    frozen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(frozen, tmp_path / "copy")
    (copy / "snapshot.json").unlink()
    assert main(["peak", "snapshot", str(copy)]) == 1
    assert "this plan was never frozen" in capsys.readouterr().err
    assert main(["peak", "snapshot", str(tmp_path / "nowhere")]) == 1
    assert "there is no folder of this name" in capsys.readouterr().err


def test_a_file_that_is_no_history_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demand.npz").write_bytes(b"nothing")
    with pytest.raises(InvalidPeakInput, match="this is no file of a history"):
        read_demand(tmp_path / "demand.npz")
