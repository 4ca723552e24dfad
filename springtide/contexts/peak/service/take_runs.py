"""The desk takes in what commands left for it: also what was run while the shop was down, and the restore itself."""

import asyncio
from pathlib import Path

from springtide.contexts.peak.providers.run_files import REFUSED, TAKEN, put_aside, read_run, waiting
from springtide.contexts.peak.service.evidence import file_run
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.telemetry import logger

_CALLER = system("peak")
_MOST_AT_ONCE = 50
log = logger(__name__)


class TakeRuns:
    """Files the runs that wait in a folder. A file is moved only after its run is committed; twice is once."""

    def __init__(self, db: Database, folder: Path, *, secret_key: str) -> None:
        self._db = db
        self._folder = folder
        self._secret_key = secret_key

    async def next(self) -> int:
        """File what waits; return how many were filed. Two processes may look at once."""
        filed = 0
        for file in (await asyncio.to_thread(waiting, self._folder))[:_MOST_AT_ONCE]:
            try:
                sealed = await asyncio.to_thread(read_run, file)
                async with self._db.tx(_CALLER) as tx:
                    await file_run(tx, sealed, secret_key=self._secret_key)
            except FileNotFoundError:
                continue  # another process has taken it
            except InvalidPeakInput as refused:
                log.warning("run_refused", file=file.name, why=refused.detail)
                await self._aside(file, REFUSED)
                continue
            await self._aside(file, TAKEN)
            filed += 1
        return filed

    async def _aside(self, file: Path, where: str) -> None:
        try:
            await asyncio.to_thread(put_aside, file, where)
        except FileNotFoundError:
            log.info("run_taken_by_another", file=file.name)
