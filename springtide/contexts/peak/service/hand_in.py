"""A file of what happened, handed in on a page: read by the numerics, kept whole or not at all."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import msgspec

from springtide.contexts.peak.providers.season_messages import Looked, SalesRequest
from springtide.contexts.peak.providers.season_run import run_season_process
from springtide.contexts.peak.service.keep_actuals import keep_actuals
from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.service.read_season import source_of
from springtide.contexts.peak.service.rooms import Rooms
from springtide.contexts.peak.service.tell import tell
from springtide.contexts.peak.store import ActualsAsk, TakenQuestion
from springtide.contracts.peak.actuals import Actuals, in_parts
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.source import HistoryFile
from springtide.contracts.peak.told import MOST_TOLD, Told
from springtide.platform.caller import system
from springtide.platform.db import Database, Tx

_CALLER = system("peak")


async def keep_handed_in(db: Database, rooms: Rooms, taken: TakenQuestion, asked: ActualsAsk) -> ActualsAsk:
    """Keep what a file says; return the question with how much of it was new or other. `InvalidPeakInput`."""
    if taken.plan_id is None:
        planless = "a file of what happened is about a plan's season"
        raise AssertionError(planless)
    looked = await _read(db, rooms, taken.plan_id, asked.file)
    if looked.mistakes:
        raise InvalidPeakInput.of(looked.mistakes)
    async with db.tx(_CALLER) as tx:
        hours = await _keep(tx, looked.actuals) if looked.actuals else 0
        figures = await _tell(tx, looked.told, asked.file.name, taken.author)
        await tx.run("ask_season", {"id": taken.plan_id, "at": tx.now, "until": None})
    return msgspec.structs.replace(asked, hours=hours, figures=figures)


async def _read(db: Database, rooms: Rooms, plan_id: UUID, file: HistoryFile) -> Looked:
    async with db.read() as read:
        source = await source_of(read, await find_plan(read, plan_id))
    with TemporaryDirectory(prefix="springtide-told-") as folder:
        named = Path(folder) / Path(file.name).name  # its ending says how it is read
        await asyncio.to_thread(named.symlink_to, rooms.uploads.path(file.sha256))
        request = SalesRequest(file=str(named), source=source, folder=str(rooms.kept), called=named.name)
        return await run_season_process(request)


async def _keep(tx: Tx, actuals: Actuals) -> int:
    return sum([await keep_actuals(tx, part) for part in in_parts(actuals)])


async def _tell(tx: Tx, told: tuple[Told, ...], source: str, author: str) -> int:
    parts = [told[start : start + MOST_TOLD] for start in range(0, len(told), MOST_TOLD)]
    return sum([await tell(tx, part, source, author=author) for part in parts])
