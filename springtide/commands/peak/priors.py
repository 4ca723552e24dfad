"""`springtide peak priors NUMBER`: what a season of the desk taught becomes a new version of the calibration."""

import argparse
import asyncio

from msgspec.structs import replace

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.output import aside, fail, say
from springtide.commands.peak.frozen import CALLER, plan_of
from springtide.contracts.peak.api import InputDocument, PeakApi, PeakNotFound
from springtide.contracts.peak.priors import priors_edit
from springtide.contracts.peak.source import CALIBRATION_DOCUMENT, decode_calibration
from springtide.platform.usecase import new_key
from springtide.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Show before and after; with `--take` save it. The page of the document takes it back."""
    return asyncio.run(_run(settings, options))


async def _run(settings: Settings, options: argparse.Namespace) -> int:
    async with (
        engine_settings(settings, say=aside) as complete,
        running(complete, {"peak"}, background=False, serve=False) as node,
    ):
        peak = node.ask(PeakApi)
        row = await plan_of(peak, options.plan)
        review = (await peak.get_season(caller=CALLER, plan_id=row.id)).review
        if review is None:
            return fail(f"no day of the season of plan {row.number} has been looked back on")
        newest = await _newest(peak)
        edit = priors_edit(newest, review)
        after = decode_calibration(edit.text.encode())
        before = f"{decode_calibration(newest.text.encode()).common_sd:.4f}" if newest else "not there"
        say(f"{CALIBRATION_DOCUMENT}: spread of the season {before} -> {after.common_sd:.4f}")
        say(f"  learned on {after.learned_on}")
        if options.take:
            caller = replace(CALLER, reason=options.reason or f"what the season of plan {row.number} taught")
            (info,) = await peak.put_inputs(caller=caller, key=new_key(), edits=(edit,))
            say(f"{info.name}, version {info.version}")
    return 0


async def _newest(peak: PeakApi) -> InputDocument | None:
    try:
        return await peak.get_input(caller=CALLER, name=CALIBRATION_DOCUMENT)
    except PeakNotFound:
        return None
