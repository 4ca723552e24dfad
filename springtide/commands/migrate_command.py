"""`springtide migrate`: bring schemas up to date."""

import argparse
import asyncio
import sys

from springtide.commands.engines import engine_settings
from springtide.commands.migrations import migrate_all
from springtide.commands.output import aside, fail
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.migrate import MigrationFailed
from springtide.settings import CONTEXTS, Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Migrate the named contexts (default: all) and say what was applied."""
    contexts = tuple(options.contexts) or CONTEXTS
    unknown = [name for name in contexts if name not in CONTEXTS]
    if unknown:
        sys.stderr.write(f"springtide: no such context: {', '.join(unknown)} (there are {', '.join(CONTEXTS)})\n")
        return 2
    phases = ("pre", "post") if options.phase == "all" else (options.phase,)
    try:
        applied = asyncio.run(_migrate(settings, contexts, phases))
    except (EngineProblem, MigrationFailed) as problem:
        return fail(problem)
    for revision in applied:
        sys.stdout.write(f"applied {revision}\n")
    sys.stdout.write("The schemas are up to date.\n")
    return 0


async def _migrate(settings: Settings, contexts: tuple[str, ...], phases: tuple[str, ...]) -> list[str]:
    async with engine_settings(settings, say=aside) as complete:
        return await asyncio.to_thread(migrate_all, complete, contexts, phases=phases)
