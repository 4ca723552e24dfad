"""What a command measured becomes evidence of the peak desk: sealed with the shop's key, whether it passed or not.

With given engines it is filed by a call. Beside a shop of this machine it is left in its data folder: the desk takes it
in within seconds, or when the shop starts next.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from springtide.bootstrap import running
from springtide.commands.output import aside
from springtide.contexts.peak.providers.run_files import evidence_folder, write_run
from springtide.contexts.peak.providers.seal import sealed
from springtide.contracts.common import Finding
from springtide.contracts.peak.api import PeakApi
from springtide.contracts.peak.evidence import MOST_NAME, MOST_WORDS, MeasuredRun, RunKind, SealedRun
from springtide.platform.caller import system
from springtide.platform.embedded.folders import DataFolder, default_root
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.embedded.secrets import load_secrets
from springtide.platform.errors import SpringtideError
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from springtide.settings import Settings

THROW_AWAY = "a throw-away shop on this machine"
_CALLER = system("cli")


def measured(
    kind: RunKind,
    *,
    ran: str,
    why: str,
    target: str,
    report: str = "",
    figures: dict[str, float] | None = None,
    without: tuple[str, ...] = (),
) -> MeasuredRun:
    """Return a run that ended now; it passed when there is no `why`."""
    return MeasuredRun(
        id=uuid7(),
        kind=kind,
        ran=ran[:MOST_NAME],
        passed=not why,
        why=why[:MOST_WORDS],
        at=datetime.now(UTC),
        release=version("springtide"),
        target=target[:MOST_NAME],
        report=report[:MOST_WORDS],
        figures=figures or {},
        without=without,
    )


def why_not(findings: Sequence[Finding]) -> str:
    """Return the first of what differs, and how many do; nothing where all agree."""
    if not findings:
        return ""
    first = findings[0]
    return f"{len(findings)} differences: {first.rule}, {first.subject}: {first.detail}"


async def file_run(settings: Settings, run: MeasuredRun, *, beside: str = "", may_call: bool = True) -> None:
    """File a run with the desk of the settings' shop, and keep it in the folder `beside` where one is named.

    `may_call` False: leave it in the data folder, because the database may be what failed. What goes wrong here is said
    and takes nothing away from the run itself.
    """
    try:
        if beside:
            await asyncio.to_thread(write_run, Path(beside), _seal(settings, run))
        if settings.database_url and may_call:
            await _by_call(settings, run)
        else:
            await asyncio.to_thread(_leave, settings, run)
    except (EngineProblem, SpringtideError, OSError) as problem:
        aside(f"evidence: not filed with the peak desk: {problem}")


def _seal(settings: Settings, run: MeasuredRun) -> SealedRun:
    """Seal with the key of the settings, else with that of the data folder, else not at all."""
    if settings.secret_key or not _has_shop(settings):
        return sealed(run, settings.secret_key)
    return sealed(run, load_secrets(DataFolder(_root(settings), None)).secret_key)


def _root(settings: Settings) -> Path:
    return Path(settings.data_dir) if settings.data_dir else default_root()


def _has_shop(settings: Settings) -> bool:
    """Tell whether a shop lies in the data folder: one of its own engines, or the files of one with given engines."""
    return _root(settings).is_dir() if settings.database_url else (_root(settings) / "secrets.json").exists()


def _leave(settings: Settings, run: MeasuredRun) -> None:
    root = _root(settings)
    if not _has_shop(settings):
        if run.passed:
            aside(f"evidence: not filed, there is no shop in {root}")
        return
    files = root if settings.database_url else DataFolder(root, None).app
    write_run(evidence_folder(files), _seal(settings, run))
    aside("evidence: left for the peak desk")


async def _by_call(settings: Settings, run: MeasuredRun) -> None:
    async with running(settings, {"peak"}, background=False, serve=False) as node:
        row = await node.ask(PeakApi).file_run(caller=_CALLER, key=new_key(), sealed=sealed(run, settings.secret_key))
    aside(f"evidence: filed with the peak desk as {row.source}")
