"""`springtide peak evidence [FOLDER]`: file the runs that lie in a folder with the desk, and show what is filed.

For a deployment whose rehearsals and drills ran elsewhere: their folders are carried here. What the shop's own key has
sealed counts as measured by the product; anything else is filed as that of who runs this command.
"""

import argparse
import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, say
from springtide.contexts.peak.providers.run_files import read_folder
from springtide.contracts.peak.api import EvidenceRow, PeakApi
from springtide.contracts.peak.evidence import RunRow, SealedRun
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from springtide.settings import Settings

_CALLER = system("cli")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """File what lies there, if a folder is named; print what the desk has."""
    runs = list(read_folder(Path(options.folder))) if options.folder else []
    measured, filed = asyncio.run(_filed(settings, runs))
    if options.json:
        say(msgspec.json.encode({"runs": measured, "filed": filed}).decode())
        return 0
    for line in _lines(measured, filed, datetime.now(UTC)):
        say(line)
    return 0


async def _filed(settings: Settings, runs: list[SealedRun]) -> tuple[tuple[RunRow, ...], tuple[EvidenceRow, ...]]:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"peak"}, background=False, serve=False) as node,
    ):
        peak = node.ask(PeakApi)
        for sealed in runs:
            await peak.file_run(caller=_CALLER, key=new_key(), sealed=sealed)
        return await peak.list_runs(caller=_CALLER), await peak.list_evidence(caller=_CALLER)


def _lines(runs: tuple[RunRow, ...], filed: tuple[EvidenceRow, ...], now: datetime) -> Iterator[str]:
    for row in runs:
        one = row.run
        outcome = "passed" if one.passed else f"FAILED: {one.why}"
        figures = ", ".join(f"{name} {value:g}" for name, value in one.figures.items())
        yield f"{one.at:%Y-%m-%d %H:%M} ({(now - one.at).days} d)  {row.source:<8} {one.ran}: {outcome}"
        yield f"    {figures}  against {one.target}, release {one.release}"
    for evidence in filed:
        gone = f"  withdrawn: {evidence.withdrawn_why}" if evidence.withdrawn_at else ""
        outcome = "holds" if evidence.passed else "FAILED"
        words = f"{evidence.item}: {outcome}, {evidence.document or evidence.note} ({evidence.owner})"
        yield f"{evidence.filed_on}  {evidence.source:<8} {words}{gone}"
    if not runs and not filed:
        yield "Nothing is filed: springtide rehearse, drill, restore, backup verify and check file what they measure."
