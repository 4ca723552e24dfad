"""The peak desk gets its numerics once the shop sells: installed in the background, at the lowest priority.

Nothing here can stop the shop: what goes wrong is said, and the desk says itself that its numerics are missing.
"""

import asyncio
import os
import shlex
import signal
from pathlib import Path

from springtide.commands.first_start import command, once
from springtide.commands.output import say
from springtide.contexts.peak.providers.numerics import require_numerics
from springtide.contracts.peak.api import PeakExtraMissing
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.problems import EngineProblem
from springtide.settings import Settings

_GIVES_WAY = ("nice", "-n", "19")
_LOG = "peak-extra.log"


async def open_desk(settings: Settings, folder: DataFolder, environ: dict[str, str]) -> None:
    """Install the numerics where `peak_install` says how, then load the demo's past into the desk, once."""
    if not settings.peak_install:
        return
    if not is_installed():
        say("  The peak desk's numerics are being installed in the background.")
        code = await _install(settings.peak_install, folder.logs / _LOG)
        if code or not is_installed():
            say(f"  They could not be installed (code {code}), the shop goes on: see {folder.logs / _LOG}")
            return
    try:
        if settings.demo:
            await once(folder, "demo-peak", "1", lambda: command(folder, environ, "peak", "load", "demo"))
    except EngineProblem as problem:
        say(f"  The peak desk has no history yet: {problem}")
        return
    say("  The peak desk is ready to plan.")


def is_installed() -> bool:
    """Tell whether plans can be made."""
    try:
        require_numerics()
    except PeakExtraMissing:
        return False
    return True


async def _install(words: str, log: Path) -> int:
    """Run the words to their end; whoever stops us stops them and what they started."""
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *_GIVES_WAY,
            *shlex.split(words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            await process.wait()
