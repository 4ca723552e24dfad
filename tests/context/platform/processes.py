"""Processes that a test kills."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
_WITHIN_S = 30


@asynccontextmanager
async def running(script: str, *arguments: str, expect: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a script of this folder until it has printed `expect`; killed, if it still lives, with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / script),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_WITHIN_S):
            line = await process.stdout.readline()
        assert line.decode().strip() == expect
        yield process
    finally:
        if process.returncode is None:
            await kill(process)


async def kill(process: asyncio.subprocess.Process) -> None:
    """End the process the hard way and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    async with asyncio.timeout(_WITHIN_S):
        await process.wait()
