"""`springtide peak tell NUMBER FILE`: what happened in the season of a plan of the running desk, from a file.

Order lines and counts by hour are sales; a table of `figure, day, value` is everything else. What is wrong is named
with its row before anything is kept.
"""

import argparse
import asyncio
from pathlib import Path

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, say
from springtide.commands.peak.frozen import CALLER, frozen_plan, plan_of, tell_desk
from springtide.contexts.peak.providers.actuals_file import read_actuals
from springtide.contexts.peak.providers.told_file import is_told, read_told
from springtide.contracts.peak.api import PeakApi
from springtide.contracts.peak.told import MOST_TOLD, Told
from springtide.platform.usecase import new_key
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Read the file, keep it, have the season looked at anew."""
    file = Path(options.file)
    if is_told(file):
        changed = asyncio.run(_tell(settings, options.plan, read_told(file), file.name))
        say(f"{changed:,} figures are new or other for the desk")
        return 0
    with frozen_plan(settings, str(options.plan)) as snapshot:
        plan, keep = snapshot.plan, frozenset(options.keep)
        actuals = read_actuals(file, timezone=plan.timezone, keep=keep, currency=plan.currency)
    say(f"{tell_desk(settings, options.plan, actuals):,} hours are new or other for the desk")
    return 0


async def _tell(settings: Settings, number: int, told: tuple[Told, ...], source: str) -> int:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"peak"}, background=False, serve=False) as node,
    ):
        peak = node.ask(PeakApi)
        row = await plan_of(peak, number)
        changed = 0
        for start in range(0, len(told), MOST_TOLD):
            part = told[start : start + MOST_TOLD]
            changed += await peak.tell(caller=CALLER, key=new_key(), told=part, source=source)
        await peak.look_at_season(caller=CALLER, key=new_key(), plan_id=row.id)
        return changed
