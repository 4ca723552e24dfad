"""One fault drill in the split layout: twenty kills and every other fault, and nothing differs afterwards."""

import os
from argparse import Namespace
from pathlib import Path

import pytest

from springtide.commands.drill_command import drill_and_file
from springtide.contexts.peak.providers.run_files import evidence_folder, read_folder
from springtide.contexts.peak.providers.seal import is_sealed
from springtide.contracts.peak.evidence import BOUGHT, KILLS, RunKind
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.secrets import load_secrets
from springtide.rehearsal.drill.report import DrillReport, as_text
from springtide.rehearsal.drill.schedule import SCENARIOS, Bounds, Kind
from springtide.settings import Settings

ASKED = 20


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_nothing_is_oversold_lost_or_charged_twice_and_the_desk_is_told(tmp_path: Path):
    shop = Settings(data_dir=str(tmp_path))
    key = load_secrets(DataFolder(tmp_path, None)).secret_key
    options = Namespace(seeds=1, keep_logs="", json="", report="", evidence="")
    reports: list[DrillReport] = []
    code = await drill_and_file(shop, Bounds(seed=2_026, seconds=18, kills=ASKED, buyers=10), options, reports)
    (report,) = reports
    print(as_text(report))  # noqa: T201 - shown by pytest when it fails
    assert [f"{row.rule} {row.subject}: {row.detail}" for row in report.findings] == []
    assert report.kill_count >= ASKED
    assert len(report.kills) >= 4, "different processes die"
    assert report.succeeded > 0
    (filed,) = read_folder(evidence_folder(DataFolder(tmp_path, None).app))
    assert is_sealed(filed, key)
    assert (code, filed.run.kind, filed.run.passed) == (0, RunKind.DRILL, True)
    assert (filed.run.figures[KILLS], filed.run.figures[BOUGHT]) == (report.kill_count, report.succeeded)
    assert report.compared["a success answer has its order"] == report.succeeded
    away = {Kind.POSTGRES_STOPPED, Kind.NATS_STOPPED, Kind.POOL_EXHAUSTED, Kind.GATEWAY_OUTAGE, Kind.CLOCK}
    assert away <= report.others.keys()
    assert {f"{Kind.GATEWAY}: {name}" for name in SCENARIOS} <= report.others.keys()
    if os.geteuid() == 0 and not report.skipped:
        assert report.others[Kind.DISK_FULL] == 1
    else:
        assert [line.partition(":")[0] for line in report.skipped] == [Kind.DISK_FULL]
