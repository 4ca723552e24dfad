"""`springtide switches`: what is switched off, and who moved which switch when and why."""

import argparse
import asyncio
import sys

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, say
from springtide.commands.switch_command import as_line
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.errors import SpringtideError
from springtide.platform.switches import Switched, Switches, Table
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print what is off, then the last moves, newest first."""
    del options
    try:
        table, moves = asyncio.run(_look(settings))
    except (EngineProblem, SpringtideError) as error:
        sys.stderr.write(f"springtide: the switches cannot be read: {error}\n")
        return 1
    if not table.off:
        say("Nothing is switched off.")
    for switched in sorted(table.off.values(), key=lambda move: move.method):
        say(as_line(switched))
    if moves:
        say("\nThe last moves, newest first:")
        for move in moves:
            say(f"  {as_line(move)}")
    return 0


async def _look(settings: Settings) -> tuple[Table, list[Switched]]:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, (), background=False, serve=False) as node,
    ):
        switches = Switches(node.bus)
        return await switches.table(), await switches.history()
