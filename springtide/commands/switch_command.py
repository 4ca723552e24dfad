"""`springtide switch off|on METHOD --reason …`: a kill switch for one verb of a contract, heard within a second."""

import argparse
import asyncio
import getpass
import sys

from springtide.bootstrap import running
from springtide.bootstrap.specs import refusal_of
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, fail, say
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.errors import SpringtideError
from springtide.platform.switches import Switched, Switches
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Move the switch and say so; a method that nobody may refuse is one line and exit code 1."""
    problem = refusal_of(options.method)
    if problem or not options.reason.strip():
        return fail(problem or "a reason is needed: who comes next wants to know why")
    try:
        moved = asyncio.run(_move(settings, options))
    except (EngineProblem, SpringtideError) as error:
        sys.stderr.write(f"springtide: the switch was not moved: {error}\n")
        return 1
    say(as_line(moved))
    return 0


async def _move(settings: Settings, options: argparse.Namespace) -> Switched:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, (), background=False, serve=False) as node,
    ):
        by = options.by or getpass.getuser()
        return await Switches(node.bus).move(
            options.method, on=options.to == "on", by=by, reason=options.reason.strip()
        )


def as_line(moved: Switched) -> str:
    """Return a move for people: what, who, when, why."""
    state = "on " if moved.on else "off"
    return f"{state}  {moved.method:<32}  {moved.at:%Y-%m-%d %H:%M:%S} UTC  {moved.by}: {moved.reason}"
