"""A data folder per test, and the engines kept by a process that a test may kill."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.testing import scratch_data_folder
from tests.system.embedded.kept import Keep, Kept, Until

KEEPER = Path(__file__).with_name("keeper.py")


@pytest.fixture
def folder() -> Iterator[DataFolder]:
    with scratch_data_folder() as made:
        yield made


@pytest.fixture
def keep() -> Keep:
    """Run the engines in a process of their own; ended, if it still lives, with the block."""

    @asynccontextmanager
    async def keeping(folder: DataFolder) -> AsyncIterator[Kept]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(KEEPER), str(folder.root), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(30):
                line = await process.stdout.readline()
            yield Kept(Engines(**json.loads(line)), process)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(30):
                    await process.wait()

    return keeping


@pytest.fixture
def until() -> Until:
    """Ask again and again until the answer is yes; a minute's patience would hide a hang, so half of it."""

    async def asking(question: Callable[[], Awaitable[bool] | bool]) -> None:
        deadline = time.monotonic() + 30
        while True:
            answer = question()
            if answer if isinstance(answer, bool) else await answer:
                return
            assert time.monotonic() < deadline, "not within 30 s"
            await asyncio.sleep(0.02)

    return asking
