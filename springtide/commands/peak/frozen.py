"""A frozen plan, given as a folder or as the number of a plan of the running desk."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside
from springtide.contexts.peak.providers.snapshot import Snapshot, read_snapshot
from springtide.contracts.peak.actuals import Actuals, in_parts
from springtide.contracts.peak.api import PeakApi, PeakNotFound, PlanRow
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.snapshot import SNAPSHOT_FILE, Manifest
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from springtide.settings import Settings

CALLER = system("cli")


def folder_of(settings: Settings, plan: str, out: Path) -> Path:
    """Return where the plan's files are: its folder, or `out` once a plan of the desk has been written there.

    Raises InvalidPeakInput where neither a folder nor a number is meant, `PeakNotFound`.
    """
    if not plan.isascii() or not plan.isdigit():
        if Path(plan).is_dir():
            return Path(plan)
        message = "there is no folder of this name, and it is no number of a plan of the desk"
        raise InvalidPeakInput.of([Mistake(where=plan, rule="no_plan", message=message)])
    asyncio.run(_write_out(settings, int(plan), out))
    return out


async def _write_out(settings: Settings, number: int, out: Path) -> None:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"peak"}, background=False, serve=False) as node,
    ):
        peak = node.ask(PeakApi)
        row = await plan_of(peak, number)
        snapshot = await _file(peak, row, SNAPSHOT_FILE)
        await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
        for name in msgspec.json.decode(snapshot, type=Manifest).files:
            await asyncio.to_thread((out / name).write_bytes, await _file(peak, row, name))
        await asyncio.to_thread((out / SNAPSHOT_FILE).write_bytes, snapshot)


def tell_desk(settings: Settings, number: int, actuals: Actuals) -> int:
    """Keep what was sold in the running desk and have its plan looked at; return how many hours are new or other."""
    return asyncio.run(_tell(settings, number, actuals))


async def _tell(settings: Settings, number: int, actuals: Actuals) -> int:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"peak"}, background=False, serve=False) as node,
    ):
        peak = node.ask(PeakApi)
        changed = 0
        for part in in_parts(actuals):
            changed += await peak.put_actuals(caller=CALLER, key=new_key(), actuals=part)
        row = await plan_of(peak, number)
        await peak.look_at_season(caller=CALLER, key=new_key(), plan_id=row.id)
        return changed


async def plan_of(peak: PeakApi, number: int) -> PlanRow:
    """Return the plan of this number; `PeakNotFound`."""
    rows = await peak.list_plans(caller=CALLER, before=number + 1, limit=1)
    if not rows or rows[0].number != number:
        message = f"The desk has no plan {number}."
        raise PeakNotFound(message, what="plan")
    return rows[0]


async def _file(peak: PeakApi, row: PlanRow, name: str) -> bytes:
    first = await peak.get_plan_file(caller=CALLER, plan_id=row.id, name=name)
    others = [
        await peak.get_plan_file(caller=CALLER, plan_id=row.id, name=name, page=page) for page in range(1, first.pages)
    ]
    return b"".join(page.body for page in (first, *others))


@contextmanager
def frozen_plan(settings: Settings, plan: str) -> Iterator[Snapshot]:
    """Give the frozen plan of a folder, or of the desk; raises InvalidPeakInput for one that was changed."""
    with TemporaryDirectory(prefix="springtide-plan-") as temporary:
        yield read_snapshot(folder_of(settings, plan, Path(temporary)))
