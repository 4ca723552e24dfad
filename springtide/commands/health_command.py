"""`springtide health [ROLE]`: ask every process of the shop, over the bus, how it is."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import msgspec

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, fail, say
from springtide.platform.desks import ask_health
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.errors import SpringtideError
from springtide.platform.health import OK, HealthReport
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print a line per process; exit 1 when none answers or one is not ready."""
    try:
        reports = asyncio.run(_ask(settings, options.role or ""))
    except (EngineProblem, SpringtideError) as error:
        return fail(f"nobody could be asked: {error}")
    if options.json:
        sys.stdout.write(msgspec.json.encode(reports).decode() + "\n")
    else:
        for line in as_lines(reports):
            say(line)
    return 0 if reports and all(report.ready for report in reports) else 1


async def _ask(settings: Settings, role: str) -> list[HealthReport]:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, (), background=False, serve=False) as node,
    ):
        return await ask_health(node.bus, role=role)


def as_lines(reports: Sequence[HealthReport]) -> list[str]:
    """Return the table for people: state, process, version, age, roles, and below what is wrong."""
    if not reports:
        return ["No process answers."]
    lines = []
    for report in reports:
        state = "leaving" if report.draining else "ready" if report.ready else "NOT READY"
        lines.append(
            f"{state:<9}  {report.process:<28}  {report.version:<8}  {report.up_s:>8.0f} s  {' '.join(report.roles)}"
        )
        lines.extend(f"           {name}: {said}" for name, said in sorted(report.checks.items()) if said != OK)
    return lines
