"""`springtide fleet …`: run a shop's processes behind Caddy, or give orders to a fleet that runs in a data folder."""

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec

from springtide.commands.fleet.fleet import Status
from springtide.commands.fleet.plan import read
from springtide.commands.fleet.release import python_of
from springtide.commands.fleet.running import socket_of, up
from springtide.commands.output import aside, fail, say
from springtide.platform.embedded.folders import DataFolder, default_root, open_data_folder
from springtide.platform.embedded.foreground import run_foreground
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.fleet.control import asked
from springtide.settings import Settings

_GONE_WITHIN_S = 120.0
_LOOK_EVERY_S = 0.1
_AUTO = "auto"


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Run the fleet, or give it an order; a problem is one line and exit code 1."""
    if options.fleet_command == "up":
        return run_foreground(lambda: _up(settings, options), say=say)
    try:
        return asyncio.run(_beside(settings, options))
    except EngineProblem as problem:
        return fail(problem)


async def _up(settings: Settings, options: argparse.Namespace) -> int:
    plan = read(Path(options.file) if options.file else None)
    folder = open_data_folder(Path(settings.data_dir) if settings.data_dir else None, say=say)
    return await up(settings, plan, folder)


async def _beside(settings: Settings, options: argparse.Namespace) -> int:
    root = Path(settings.data_dir) if settings.data_dir else default_root()
    path = socket_of(DataFolder(root.resolve(), None))
    reply = await asked(path, _order(options), tell=aside)
    if options.fleet_command == "status":
        status = msgspec.convert(reply, Status)
        say(msgspec.json.encode(status).decode() if options.json else "\n".join(as_lines(status, now_s=time.time())))
        return 0
    if options.fleet_command == "down":
        return await _gone(path)
    say(str(reply))
    return 0


def _order(options: argparse.Namespace) -> dict[str, Any]:
    verb = options.fleet_command
    if verb == "scale":
        return {"verb": verb, "group": options.group, "count": _count(options.count)}
    if verb == "roll":
        if options.back:
            return {"verb": verb, "back": True}
        python = Path(options.python) if options.python else python_of(Path(options.release))
        return {"verb": verb, "python": str(python.absolute())}
    return {"verb": verb}


def _is_there(path: Path) -> bool:
    return path.exists()


def _count(text: str) -> int | None:
    """Return a number of processes, None for "auto"."""
    if text == _AUTO:
        return None
    if not text.isdecimal():
        msg = f"{text} is neither a number of processes nor {_AUTO}"
        raise EngineProblem(msg)
    return int(text)


async def _gone(path: Path) -> int:
    """Wait until the fleet has ended."""
    deadline = time.monotonic() + _GONE_WITHIN_S
    while _is_there(path):
        if time.monotonic() > deadline:
            return fail(f"the fleet has not ended after {_GONE_WITHIN_S:.0f} s: see where it was started")
        await asyncio.sleep(_LOOK_EVERY_S)
    say("The fleet has ended.")
    return 0


def as_lines(status: Status, *, now_s: float) -> list[str]:
    """Return the table for people."""
    head = ("process", "group", "version", "pid", "state", "req/s", "MiB", "restarts", "since")
    rows = [head]
    for each in status.processes:
        rate = "-" if each.per_s is None else f"{each.per_s:.1f}"
        rows.append(
            (
                *(each.process, each.group, each.version, str(each.pid or "-"), each.state, rate),
                *(f"{each.memory_mib:.0f}", str(each.restarts), _span(now_s - each.since)),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.append(f"release {status.release.version}, {status.release.place}")
    if status.previous is not None:
        lines.append(f"before  {status.previous.version}, {status.previous.place}")
    lines.extend(f"{group} stays at {count} (by hand)" for group, count in status.pinned.items())
    return lines


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
