"""Commands leave what they measured for the peak desk, sealed, also when it failed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from springtide import cli
from springtide.commands import check_command, drill_command
from springtide.commands.evidence import file_run, measured
from springtide.contexts.peak.providers.run_files import evidence_folder, read_folder
from springtide.contexts.peak.providers.seal import is_sealed
from springtide.contracts.common import Finding
from springtide.contracts.payments.api import LEDGER_UNREADABLE
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.evidence import MeasuredRun, RunKind
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.secrets import load_secrets
from springtide.rehearsal.checker import Report
from springtide.rehearsal.drill.report import DrillReport
from springtide.rehearsal.drill.run import NotRecovered
from springtide.settings import Settings


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    """Return the settings of a shop that lies in a data folder and is not running."""
    (tmp_path / "data").mkdir()
    load_secrets(DataFolder(tmp_path / "data", None))
    return Settings(data_dir=str(tmp_path / "data"))


def left(settings: Settings) -> list[MeasuredRun]:
    """Return what lies there for the desk; every seal has to hold."""
    root = Path(settings.data_dir)
    key = json.loads((root / "secrets.json").read_text())["secret_key"]
    folder = evidence_folder(root / "app")
    found = list(read_folder(folder)) if folder.is_dir() else []
    assert all(is_sealed(one, key) for one in found)
    return [one.run for one in found]


def report(*findings: Finding) -> DrillReport:
    counts: dict[str, int] = {}
    return DrillReport(
        seed=7,
        seconds=30.0,
        buyers=10,
        kills_asked=25,
        kills={"web": 20, "selling": 5},
        at_steps=counts,
        others=counts,
        skipped=[],
        unreached=counts,
        purchases=120,
        succeeded=80,
        outcomes=counts,
        refused=counts,
        answers=counts,
        gave_up=0,
        repeats=3,
        undone=1,
        unheard=0,
        shipped=4,
        cancelled=2,
        compared={"one charge per order": 80},
        findings=list(findings),
        recovery_s=2.04,
        took_s=60.0,
    )


async def test_a_run_is_left_sealed_for_the_desk_and_kept_where_asked(shop: Settings, tmp_path: Path) -> None:
    run = measured(RunKind.CHECK, ran="springtide check", why="", target="here", figures={"compared": 3.0})
    await file_run(shop, run, beside=str(tmp_path / "kept"))
    assert left(shop) == [run]
    assert [one.run for one in read_folder(tmp_path / "kept")] == [run]


async def test_without_a_shop_nothing_is_made_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = measured(RunKind.CHECK, ran="springtide check", why="", target="here")
    await file_run(Settings(data_dir=str(tmp_path / "none")), run)
    assert not (tmp_path / "none").exists()
    assert "there is no shop" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (report(), ""),
        (
            report(Finding(rule="one charge per order", subject="1001", detail="2 charges")),
            "1 differences: one charge per order, 1001: 2 charges",
        ),
        (NotRecovered("orders never answered again"), "orders never answered again"),
    ],
)
def test_a_drill_files_what_it_showed(
    shop: Settings, monkeypatch: pytest.MonkeyPatch, outcome: DrillReport | NotRecovered, why: str
) -> None:
    async def drilled(*_: object, **__: object) -> DrillReport:
        if isinstance(outcome, NotRecovered):
            raise outcome
        return outcome

    monkeypatch.setattr(cli, "load", lambda: shop)
    # It would quieten the logs of all tests after this one.
    monkeypatch.setattr(drill_command, "configure_logging", lambda **_: None)
    monkeypatch.setattr(drill_command, "drill", drilled)
    assert cli.main(["drill", "--seed", "7"]) == (1 if why else 0)
    (run,) = left(shop)
    assert (run.kind, run.passed, run.why) == (RunKind.DRILL, not why, why)
    if isinstance(outcome, DrillReport):
        assert run.ran == "springtide drill --seed 7 --kills 25 --seconds 30 --buyers 10"
        assert (run.figures["kills"], run.figures["bought"], run.figures["compared"]) == (25, 80, 80)


def test_a_folder_without_runs_is_named(tmp_path: Path) -> None:
    (tmp_path / "evidence-half.json").write_text('{"run": ')
    with pytest.raises(InvalidPeakInput) as refused:
        list(read_folder(tmp_path))
    assert [mistake.rule for mistake in refused.value.mistakes] == ["not_a_run"]
    with pytest.raises(InvalidPeakInput) as empty:
        list(read_folder(tmp_path / "nowhere"))
    assert [mistake.rule for mistake in empty.value.mistakes] == ["no_runs"]


UNREAD = Finding(rule=LEDGER_UNREADABLE, subject="sandbox", detail="unavailable")
DIFFERS = Finding(rule="one charge per order", subject="1001", detail="2 charges")


@pytest.mark.parametrize(
    ("findings", "filed"),
    [
        ([], [("", 0.0)]),
        ([UNREAD], []),
        ([UNREAD, DIFFERS], [("1 differences: one charge per order, 1001: 2 charges", 1.0)]),
    ],
)
def test_a_check_of_a_shop_that_is_starting_is_no_red_run(
    shop: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    findings: list[Finding],
    filed: list[tuple[str, float]],
) -> None:
    async def checked(ask: object) -> Report:
        del ask
        return Report(compared={"one charge per order": 80}, findings=findings)

    @asynccontextmanager
    async def as_they_are(settings: Settings, *_: object, **named: object) -> AsyncIterator[Any]:
        yield SimpleNamespace(ask=None) if "serve" in named else settings

    monkeypatch.setattr(cli, "load", lambda: shop)
    monkeypatch.setattr(check_command, "with_gateways", as_they_are)
    monkeypatch.setattr(check_command, "running", as_they_are)
    monkeypatch.setattr(check_command, "check", checked)
    assert cli.main(["check"]) == (1 if findings else 0)
    assert [(run.why, run.figures["differences"]) for run in left(shop)] == filed
    assert ("sandbox did not show its books" in capsys.readouterr().err) == (findings == [UNREAD])
