"""Starts the process that looks at a season or counts its sales, and takes its answer."""

import asyncio
import sys

import msgspec

from springtide.contexts.peak.providers.season_messages import Looked, Request
from springtide.contracts.peak.errors import Mistake
from springtide.platform.tasks import patiently

PROGRAM = ("-m", "springtide.contexts.peak.providers.season_process")
LONGEST_S = 240.0
_WORDS = 500
_GONE_WITHIN_S = 5.0


async def run_season_process(request: Request) -> Looked:
    """Return what the process saw or counted; one that dies or takes too long has made a mistake of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            said, complaints = await process.communicate(msgspec.json.encode(request) + b"\n")
    except TimeoutError:
        return _crashed(f"it took more than {LONGEST_S:g} s")
    finally:
        if process.returncode is None:
            process.kill()
            await patiently(asyncio.create_task(process.wait()), within_s=_GONE_WITHIN_S)
    if process.returncode or not said:
        return _crashed(f"it ended with code {process.returncode}: {complaints.decode(errors='replace')[-_WORDS:]}")
    return msgspec.json.decode(said, type=Looked)


def _crashed(words: str) -> Looked:
    return Looked(mistakes=(Mistake(where="season", rule="crashed", message=f"the process that looked: {words}"),))
