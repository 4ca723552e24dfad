"""A shop loses its data folder while buyers buy: it comes back from its backup with every order it answered."""

import asyncio
from argparse import Namespace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from springtide.commands import drill_restore as restoring
from springtide.commands.drill_command import restore_and_file
from springtide.commands.drill_restore import Bounds, RestoreReport, drill_restore
from springtide.commands.drill_restore_shop import ThrowAway
from springtide.contexts.peak.providers.run_files import evidence_folder, read_folder
from springtide.contexts.peak.providers.seal import is_sealed
from springtide.contracts.peak.api import PeakApi
from springtide.contracts.peak.evidence import SELLING, RunKind, RunRow
from springtide.platform.caller import system
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.secrets import load_secrets
from springtide.settings import Settings

_TAKEN_WITHIN_S = 30


async def restores_told(shop: ThrowAway) -> list[RunRow]:
    """Wait until the restored shop's own desk has taken in what `springtide restore` left for it."""
    async with shop.inside() as node, asyncio.timeout(_TAKEN_WITHIN_S):
        while True:
            runs = await node.ask(PeakApi).list_runs(caller=system("test"))
            found = [row for row in runs if row.run.kind is RunKind.RESTORE]
            if found:
                return found
            await asyncio.sleep(0.2)


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_no_answered_order_is_lost_when_every_commit_waits_for_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    key = load_secrets(DataFolder(tmp_path, None)).secret_key
    told: list[RunRow] = []
    reported = restoring._report

    async def watched(shop: ThrowAway, *known: Any) -> RestoreReport:
        told.extend(await restores_told(shop))
        return await reported(shop, *known)

    monkeypatch.setattr(restoring, "_report", watched)
    options = Namespace(seconds=3, buyers=5, synchronous=True, evidence="", json=str(tmp_path / "report.json"))
    assert await restore_and_file(Settings(data_dir=str(tmp_path)), 1, options) == 0
    report = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=RestoreReport)
    (filed,) = read_folder(evidence_folder(DataFolder(tmp_path, None).app))
    assert is_sealed(filed, key)
    assert (filed.run.kind, filed.run.passed) == (RunKind.RESTORE_DRILL, True)
    assert filed.run.figures[SELLING] == round(report.selling_s, 2)
    assert [(row.run.passed, row.source) for row in told] == [(True, "product")]
    print(report.as_text())  # noqa: T201 - shown by pytest when it fails
    assert [f"{row.rule} {row.subject}: {row.detail}" for row in report.findings] == []
    assert (report.lost_orders, report.lost_s) == (0, 0.0)
    assert report.told_before > 0
    assert report.told_after > 0


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_without_waiting_what_is_lost_is_counted_in_seconds():
    report = await drill_restore(Bounds(seconds=5, buyers=6, synchronous=False), say=print)
    print(report.as_text())  # noqa: T201 - as above
    assert [f"{row.rule} {row.subject}: {row.detail}" for row in report.findings] == []
    assert report.lost_s < 1
    assert report.told_after > 0
