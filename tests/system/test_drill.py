"""One fault drill in the split layout: twenty kills and every other fault, and nothing differs afterwards."""

import os

import pytest

from springtide.commands.drill_command import drill
from springtide.rehearsal.drill.report import as_text
from springtide.rehearsal.drill.schedule import SCENARIOS, Bounds, Kind

KILLS = 20


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_nothing_is_oversold_lost_or_charged_twice():
    report = await drill(Bounds(seed=2_026, seconds=18, kills=KILLS, buyers=10))
    print(as_text(report))  # noqa: T201 - shown by pytest when it fails
    assert [f"{row.rule} {row.subject}: {row.detail}" for row in report.findings] == []
    assert report.kill_count >= KILLS
    assert len(report.kills) >= 4, "different processes die"
    assert report.succeeded > 0
    assert report.compared["a success answer has its order"] == report.succeeded
    away = {Kind.POSTGRES_STOPPED, Kind.NATS_STOPPED, Kind.POOL_EXHAUSTED, Kind.GATEWAY_OUTAGE, Kind.CLOCK}
    assert away <= report.others.keys()
    assert {f"{Kind.GATEWAY}: {name}" for name in SCENARIOS} <= report.others.keys()
    if os.geteuid() == 0 and not report.skipped:
        assert report.others[Kind.DISK_FULL] == 1
    else:
        assert [line.partition(":")[0] for line in report.skipped] == [Kind.DISK_FULL]
