"""`springtide database budget|maintain`: connections against their limit, and the upkeep of all schemas once."""

import argparse
import asyncio
from collections.abc import Sequence

from springtide.bootstrap import maintain
from springtide.bootstrap.connections import shares_of
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, fail, say
from springtide.commands.up_command import processes_of
from springtide.platform.budget import Room, ServerAway, Share, room_of, where
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.maintenance import MaintenanceFailed
from springtide.settings import CONTEXTS, ROLES, Settings

_TIMES = "*"
_AND = "+"
Process = tuple[str, Settings, frozenset[str], int]
"""What it is called, its settings, its roles, and how many of it there are."""


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print a budget (exit 1 when it does not fit), or look after all schemas once."""
    try:
        if options.database_command == "maintain":
            return asyncio.run(_maintain(settings))
        return asyncio.run(_budget(settings, options.processes))
    except (EngineProblem, MaintenanceFailed, ServerAway) as problem:
        return fail(problem)


async def _maintain(settings: Settings) -> int:
    async with engine_settings(settings, say=aside) as complete:
        for context in CONTEXTS:
            done = await maintain(complete, context)
            if done.is_taken:
                say(f"{context:<10} another process is at it")
                continue
            for what, names in (("made", done.made), ("dropped", done.dropped), ("analysed", done.analyzed)):
                if names:
                    say(f"{context:<10} {what:<9}{', '.join(names)}")
    say("The schemas are looked after.")
    return 0


async def _budget(settings: Settings, words: Sequence[str]) -> int:
    async with engine_settings(settings, say=aside) as complete:
        try:
            processes = _processes(complete, words)
        except ValueError as error:
            return fail(error)
        rooms = {
            url: room_of(url, with_use=True)
            for url in sorted({complete.direct_url_of(context) for context in CONTEXTS})
        }
        return _print(complete, processes, rooms)


def _processes(settings: Settings, words: Sequence[str]) -> list[Process]:
    """Read "web*4" and "inventory+pricing"; nothing: what `springtide up` starts."""
    if not words:
        return [(name, own, frozenset(roles), 1) for name, roles, own in processes_of(settings)]
    return [_process(settings, word) for word in words]


def _process(settings: Settings, word: str) -> Process:
    name, _, times = word.partition(_TIMES)
    roles = frozenset(name.split(_AND))
    if not roles <= set(ROLES) or not (times or "1").isdecimal():
        msg = f"{word}: not roles like web or inventory+pricing, perhaps with *2 (roles: {', '.join(ROLES)})"
        raise ValueError(msg)
    return name, settings, roles, int(times or 1)


def _print(settings: Settings, processes: Sequence[Process], rooms: dict[str, Room]) -> int:
    say(f"{'process':<34}{'context':<11}{'pool':>6}{'batches':>9}{'jobs':>6}{'server':>8}{'replica':>9}")
    totals = dict.fromkeys(rooms, 0)
    for name, own, roles, many in processes:
        for share in shares_of(own, roles):
            _line(name if many == 1 else f"{name} x {many}", share, many)
            totals[settings.direct_url_of(share.context)] += many * share.server
    is_good = True
    for url, room in rooms.items():
        # One more for the upkeep of a schema, which one process does at a time.
        wanted, fits = totals[url] + 1, totals[url] + 1 <= room.free_for_us
        is_good = is_good and fits
        say("")
        say(f"{where(url)}: at most {wanted} connections (with one for maintenance), of {room.free_for_us}")
        say(f"  max_connections {room.most}, {room.reserved} reserved: {'fits' if fits else 'DOES NOT FIT'}")
        if settings.database_pooler:
            say("  through a pooler: what it opens is its own default_pool_size per context")
        for application, state, count in room.in_use:
            say(f"  now {count:>4}  {application} ({state})")
    return 0 if is_good else 1


def _line(name: str, share: Share, many: int) -> None:
    counts = (share.pool, share.batches, share.jobs, share.server, share.replica)
    pool, batches, jobs, server, replica = (many * count for count in counts)
    say(f"{name[:33]:<34}{share.context:<11}{pool:>6}{batches:>9}{jobs:>6}{server:>8}{replica:>9}")
