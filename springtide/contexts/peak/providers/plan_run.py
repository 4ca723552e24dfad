"""Starts the process that makes a plan, and listens to it.

The numerics live only there: they hold the interpreter for seconds, take gigabytes, and are installed after the shop
sells. So the process lives for one plan, gives way to everything else, and ends with whoever started it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator

import msgspec

from springtide.contexts.peak.providers.plan_messages import LONGEST_LINE, Ended, Failed, Message, PlanRequest
from springtide.contracts.peak.errors import Mistake
from springtide.platform.tasks import patiently

PROGRAM = ("-m", "springtide.contexts.peak.providers.plan_process")
_WORDS = 500
_GONE_WITHIN_S = 5.0


async def run_plan_process(request: PlanRequest) -> AsyncGenerator[Message, None]:
    """Yield what the process tells, up to `Ended` or `Failed`; one that dies without either has failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *PROGRAM,
        str(os.getpid()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    if process.stdin is None or process.stdout is None or process.stderr is None:
        message = "the process was started with pipes"
        raise AssertionError(message)
    complaints = asyncio.create_task(process.stderr.read())
    try:
        process.stdin.write(msgspec.json.encode(request) + b"\n")
        process.stdin.close()
        async for line in process.stdout:
            said = msgspec.json.decode(line, type=Message)
            yield said
            if isinstance(said, Ended | Failed):
                return
        code = await process.wait()
        last = (await complaints).decode(errors="replace").strip()[-_WORDS:]
        words = f"the process that made it ended with code {code}: {last}"
        yield Failed((Mistake(where="plan", rule="crashed", message=words),))
    finally:
        if process.returncode is None:
            process.kill()
        complaints.cancel()
        await patiently(asyncio.create_task(process.wait()), within_s=_GONE_WITHIN_S)
