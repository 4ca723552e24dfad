"""`springtide peak readiness` on files: a plan, runs, what people show."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from springtide.cli import main
from springtide.commands.peak import readiness
from springtide.contexts.peak.domain.readiness.judge import Shown, judge_all
from springtide.contexts.peak.providers.run_files import write_run
from springtide.contexts.peak.providers.seal import sealed
from springtide.contracts.peak.evidence import MeasuredRun, RunKind
from springtide.contracts.peak.readiness import Evidence, Needs

KEY = "a-secret-key-for-tests-0123456789abcdef"
MADE, TODAY = date(2026, 10, 1), date(2026, 10, 20)
FILED = """
[[evidence]]
item = "budget_released"
passed = true
source = "hand"
owner = "Ada"
filed_on = 2026-10-10
document = "minutes of 10 October"
"""


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = Needs(
        peak=date(2026, 11, 27),
        orders_per_s_p90=2.0,
        orders_per_s_p99=4.0,
        restore_within_s=60,
        lose_at_most_s=1,
        shown_by=date(2026, 11, 13),
    )
    gap = Evidence(item="limits_agreed", passed=False, source="product", owner="plan", filed_on=MADE, document="p")
    page = judge_all(Shown(findings=(gap,), needs=needs), on=MADE)
    made = SimpleNamespace(readiness=page, as_of=MADE, currency="GBP")
    monkeypatch.setattr(readiness, "read_plan", lambda _: (made, None, None))
    monkeypatch.setenv("SPRINGTIDE_SECRET_KEY", KEY)


@pytest.mark.usefixtures("plan")
def test_runs_and_documents_turn_items_of_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = MeasuredRun(
        id=UUID(int=1),
        kind=RunKind.REHEARSAL,
        ran="springtide rehearse",
        passed=True,
        at=datetime(2026, 10, 19, tzinfo=UTC),
        release="0.1.0",
        target="https://shop.example.org",
        figures={"held_per_s": 2.5},
    )
    write_run(tmp_path / "runs" / "one-rehearsal", sealed(run, KEY))
    (tmp_path / "filed.toml").write_text(FILED)
    words = ["--evidence", str(tmp_path / "runs"), "--filed", str(tmp_path / "filed.toml"), "--on", str(TODAY)]
    assert main(["peak", "readiness", "plan", "--json", *words]) == 1
    items = {one["item"]: one for one in json.loads(capsys.readouterr().out)["items"]}
    verdicts = {name: items[name]["verdict"] for name in ("rehearsed_p90", "rehearsed_p99", "budget_released")}
    assert verdicts == {"rehearsed_p90": "holds", "rehearsed_p99": "failed", "budget_released": "holds"}
    assert items["rehearsed_p90"]["evidence"]["source"] == "product"
    assert main(["peak", "readiness", "plan", *words]) == 1
    said = capsys.readouterr().out
    assert "Held 2.5 orders a second, too few: the plan's P99 needs 4" in said
    assert "do by 2026-11-13: Rehearse at P99" in said


@pytest.mark.usefixtures("plan")
def test_a_file_of_people_files_nothing_as_the_product(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "filed.toml").write_text(FILED.replace('"hand"', '"product"'))
    assert main(["peak", "readiness", "plan", "--filed", str(tmp_path / "filed.toml")]) == 1
    assert "product is not filed by a file of people" in capsys.readouterr().err
