"""What the commands of backups share: which folder, which database, which files."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from springtide.platform.backup.archive import Archive, Plan
from springtide.platform.backup.problems import NoBackup
from springtide.platform.backup.programs import APPLICATION
from springtide.platform.backup.shelf import Shelf, open_shelf
from springtide.platform.backup.take import Source
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.supervisor import Say
from springtide.platform.tasks import stopped
from springtide.settings import Settings

_SHOP_FILES = ("demo-owner.txt", "schemas.done", "demo-shop.done", "demo-history.done")


def shelf_of(settings: Settings, given: str, *, make: bool) -> Shelf:
    """Open the backup folder that was named, or that of the settings. `NoBackup` when there is none, `WrongFolder`."""
    place = given or settings.backup.dir
    if not place:
        msg = "no backup folder: name one with --dir, or with SPRINGTIDE_BACKUP__DIR"
        raise NoBackup(msg)
    return open_shelf(Path(place), make=make)


def source_of(database_url: str, folder: DataFolder, *, secrets: bool = True) -> Source:
    """Return what is backed up of an embedded shop: its database, files, secrets, and what has been loaded into it."""
    return Source(
        url=database_url,
        blobs=folder.app / "blobs",
        files=tuple(folder.root / name for name in _SHOP_FILES),
        secrets=folder.secrets_file if secrets else None,
    )


def given_source(settings: Settings) -> Source:
    """Return what is backed up of a database that was given: its server, and the files where the data folder says."""
    return Source(url=settings.database_url, blobs=Path(settings.data_dir) / "blobs")


def plan_of(settings: Settings) -> Plan:
    """Return how often base backups are taken and how long they are kept."""
    return Plan(every=timedelta(hours=settings.backup.every_h), keep=timedelta(days=settings.backup.keep_days))


def engine_tuning(settings: Settings) -> dict[str, str]:
    """Return what PostgreSQL has to be told at its start when every commit waits for the archive."""
    waits = settings.backup.dir and settings.backup.synchronous
    return {"synchronous_standby_names": APPLICATION} if waits else {}


@asynccontextmanager
async def archived(settings: Settings, engines: Engines, folder: DataFolder, *, say: Say) -> AsyncIterator[None]:
    """Archive an embedded shop while the block lasts, when the settings name a backup folder. Raises EngineProblem."""
    if not settings.backup.dir:
        yield
        return
    shelf = shelf_of(settings, "", make=True)
    async with Archive(shelf, source_of(engines.database_url, folder), plan_of(settings), say=say) as archive:
        task = asyncio.create_task(archive.run(), name="backups")
        try:
            yield
        finally:
            await stopped([task])
