"""The files a plan is frozen in: read by page, and laid out in a folder for a process that works on them."""

import asyncio
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import UUID

import msgspec

from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.store import PartRecord
from springtide.contracts.peak.api import FilePage, PeakNotFound, PlanState
from springtide.contracts.peak.snapshot import SNAPSHOT_FILE, Manifest
from springtide.platform.db import Database, Read


async def read_file(db: Database, plan_id: UUID, name: str, page: int) -> FilePage:
    """Return a page; `PeakNotFound`, also while the plan is being made."""
    async with db.read() as read:
        if (await find_plan(read, plan_id)).state != PlanState.DONE:
            message = "The plan is not frozen: it is not done."
            raise PeakNotFound(message, what="file")
        return await _page(read, plan_id, name, page)


async def unpacked(db: Database, folder: Path, plan_id: UUID) -> Path:
    """Lay the plan's files out below `folder` unless they are there, and return where; `PeakNotFound`.

    Two processes may do it at once: each file appears whole, and what was frozen never differs.
    """
    there = folder / str(plan_id)
    if await asyncio.to_thread((there / SNAPSHOT_FILE).is_file):
        return there
    await asyncio.to_thread(there.mkdir, parents=True, exist_ok=True)
    snapshot = await _file(db, plan_id, SNAPSHOT_FILE)
    for name in msgspec.json.decode(snapshot, type=Manifest).files:
        await asyncio.to_thread(_put, there / name, await _file(db, plan_id, name))
    await asyncio.to_thread(_put, there / SNAPSHOT_FILE, snapshot)
    return there


async def _file(db: Database, plan_id: UUID, name: str) -> bytes:
    first = await read_file(db, plan_id, name, 0)
    pages = [first.body]
    async with db.read() as read:
        pages += [(await _page(read, plan_id, name, page)).body for page in range(1, first.pages)]
    return b"".join(pages)


async def _page(read: Read, plan_id: UUID, name: str, page: int) -> FilePage:
    found = await read.maybe("find_plan_file", {"id": plan_id, "name": name, "page": page}, row=PartRecord)
    if found is None:
        message = f"The plan has no page {page} of {name}."
        raise PeakNotFound(message, what="file")
    return FilePage(name=name, page=page, pages=found.pages, body=found.body)


def _put(path: Path, body: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(body)
    Path(part.name).replace(path)
