"""`springtide peak live PLAN --actuals FILE`: which path the season is on, and what was agreed for it."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import msgspec

from springtide.commands.output import aside, say
from springtide.commands.peak.actuals import actuals_from
from springtide.commands.peak.frozen import frozen_plan, tell_desk
from springtide.commands.peak.words import words
from springtide.contexts.peak.providers.season_look import known_of, live_of
from springtide.contracts.peak.actuals import Actuals
from springtide.contracts.peak.review import GoodsWatch, LiveView, Trigger
from springtide.settings import Settings

_SHOWN = 10


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Say where the season stands; with `--out` write live.json. A plan of the desk is told what was sold, too."""
    with frozen_plan(settings, options.plan) as snapshot:
        actuals = actuals_from(options, snapshot.plan.timezone, snapshot.plan.currency)
        view = live_of(snapshot, known_of(snapshot, actuals, options.until))
    if options.plan.isdigit():
        aside(f"{tell_desk(settings, int(options.plan), actuals):,} hours are new or other for the desk")
    if options.out:
        folder = Path(options.out)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "live.json").write_bytes(msgspec.json.format(msgspec.json.encode(view), indent=1) + b"\n")
    if options.json:
        say(msgspec.json.encode(view).decode())
        return 0
    for line in live_in_words(view, actuals, snapshot.plan.currency):
        say(line)
    if options.out:
        aside(f"written to {options.out}")
    return 0


def live_in_words(view: LiveView, actuals: Actuals, currency: str) -> Iterator[str]:
    """Yield where the season stands, what has fired first."""
    seen = next((hour.actual for hour in reversed(view.fan) if hour.actual is not None), 0.0) or 0.0
    yield f"Until {actuals.until}: {seen:,.0f} orders in {view.hours_seen:,} hours, near {view.like} of the plan"
    yield f"  {view.rank:.0%} of the paths had fewer by now" + (", and none as these" if view.beyond else "")
    for name, band in (
        ("planned", view.planned_season),
        ("as it looks now", view.expected_season),
        ("rest", view.rest),
    ):
        if band is not None:
            ranks = (("P10", band.p10), ("P50", band.p50), ("P90", band.p90), ("P99", band.p99))
            yield f"  {name:<16}" + "".join(f" {rank} {value:>9,.0f} " for rank, value in ranks)
    for quiet in view.quiet:
        yield f"! nothing was sold from {quiet.first} to {quiet.last}, {quiet.expected:,.0f} were planned: is it a gap?"
    if view.unknown_units:
        yield f"! {view.unknown_units:,.0f} units were of products that the plan does not know"
    if actuals.left_out:
        yield f"  {actuals.left_out:,} lines were left out by the rules of the history"
    yield from _triggers(view.triggers, currency)
    yield from _goods(view.goods)


def _triggers(triggers: tuple[Trigger, ...], currency: str) -> Iterator[str]:
    fired = [one for one in triggers if one.fired]
    yield "" if fired else "Nothing has fired"
    for one in fired:
        yield f"! {one.department}: {words(one.action, currency)}"
        yield f"    because: {words(one.when, currency)}"
        for call in one.calls:
            yield f"    call {call.name}: {call.contact}{f'; then {call.escalation}' if call.escalation else ''}"
    for one in triggers:
        if not one.fired and one.rule is not None:
            yield f"  {one.department}: {words(one.rule, currency)} -> {words(one.action, currency)}"


def _goods(goods: tuple[GoodsWatch, ...]) -> Iterator[str]:
    if not goods:
        return
    yield ""
    yield "Products beyond their P90, the dearest first"
    for one in goods[:_SHOWN]:
        left = "not counted" if one.left is None else f"{one.left:,.0f} left"
        gone = f", gone on {one.gone_on}, {one.wanted:,.0f} more wanted" if one.gone_on else ""
        yield f"  {one.sku:<10} {one.sold:>8,.0f} sold, P90 was {one.planned.p90:,.0f}; {left}{gone}"
    if len(goods) > _SHOWN:
        yield f"  and {len(goods) - _SHOWN} more"
