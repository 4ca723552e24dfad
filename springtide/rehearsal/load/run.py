"""One rehearsal from beginning to end: look, send the swarm, watch, compare, judge."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from springtide.platform.errors import SpringtideError
from springtide.platform.wiring import Ask
from springtide.rehearsal.load import baskets, books, goods, report, scenario
from springtide.rehearsal.load.bottleneck import bottlenecks
from springtide.rehearsal.load.guard import require_ours
from springtide.rehearsal.load.held import switched_off, web_processes
from springtide.rehearsal.load.plan import Plan, run_email
from springtide.rehearsal.load.report import Report
from springtide.rehearsal.load.swarm import require_locust, swarm
from springtide.rehearsal.load.tally import Placed, summed
from springtide.rehearsal.load.verdict import Books, verdict
from springtide.rehearsal.load.watch import Hearing, watching

_SETTLED_WITHIN_S = 12.0
_LOOK_EVERY_S = 2.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for. `workers` of our own, `expected` from elsewhere (they join at `bind`); `scale`: of all rates;
    `metrics`: addresses, default: that of the shop; `allowed`: hosts that may be put under load although they are not
    ours; `web`: where Locust's page is shown ("": nowhere); `cancels`: take all orders back afterwards.
    """

    scenario: str
    url: str
    token: str
    workers: int = 2
    expected: int = 0
    scale: float = 1.0
    seed: int | None = None
    baskets: str = ""
    allowed: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    bind: str = ""
    web: str = ""
    cancels: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """The deployment from within, where the operator's settings lead to it; else why not."""

    ask: Ask | None = None
    bus: Hearing | None = None
    why_not: str = ""


async def rehearse(wanted: Wanted, at_hand: AtHand, *, say: Say) -> Report:
    """Run a rehearsal. Refusals of `problems.py` before anything is sent; `SwarmFailed` after."""
    require_locust()
    key, asked = scenario.load(wanted.scenario)
    asked = asked.scaled(wanted.scale)
    url = require_ours(wanted.url, allowed=wanted.allowed)
    figures = baskets.read(wanted.baskets)
    places = await goods.places_of(url, asked, figures)
    await goods.require_welcome(url, wanted.token, places[0])
    started_at = datetime.now(UTC)
    run = f"{started_at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    plan = Plan(
        run=run,
        key=key,
        scenario=asked,
        url=url,
        token=wanted.token,
        email=run_email(run),
        places=places,
        lines=figures.lines,
        units=figures.units,
        workers=wanted.workers + wanted.expected,
        seed=secrets.randbits(32) if wanted.seed is None else wanted.seed,
    )
    say(f"run {run}: {asked.title}, {sum(len(place.skus) for place in places):,} offers in {len(places)} places")
    off_before = await switched_off(at_hand.ask)
    async with watching(wanted.metrics or (f"{url}/metrics",), bus=at_hand.bus, url=url) as watch:
        tallies = await swarm(
            plan,
            own_workers=wanted.workers,
            bind=wanted.bind,
            web=wanted.web,
            allowed=wanted.allowed,
            say=say,
            begins=watch.begin,
        )
    tally = summed(tallies)
    found, why_not = await _books(at_hand, plan.email, tally.placed)
    off = off_before & await switched_off(at_hand.ask)
    notes = await _taken_back(wanted, at_hand, plan.email)
    return report.made(
        plan,
        tally,
        checks=verdict(plan, tally, workers=len(tallies), books=found, why_not=why_not),
        found=bottlenecks(tally, watch.samples),
        started_at=started_at,
        scale=wanted.scale,
        baskets=figures.source,
        notes=[*_cut(figures, asked), *(f"The gateway {name} was off throughout." for name in sorted(off)), *notes],
        processes=web_processes(watch.samples),
        without=sorted(off),
    )


async def _books(at_hand: AtHand, email: str, placed: Sequence[Placed]) -> tuple[Books | None, str]:
    """Compare the books; what is still on its way gets some seconds to arrive."""
    if at_hand.ask is None:
        return None, at_hand.why_not
    deadline = asyncio.get_running_loop().time() + _SETTLED_WITHIN_S
    while True:
        try:
            found = await books.compared(at_hand.ask, email, placed)
        except SpringtideError as error:
            return None, f"the books could not be read: {error.detail}"
        if not (found.findings or found.missing or found.twice) or asyncio.get_running_loop().time() > deadline:
            return found, ""
        await asyncio.sleep(_LOOK_EVERY_S)


async def _taken_back(wanted: Wanted, at_hand: AtHand, email: str) -> list[str]:
    if not wanted.cancels:
        return ["The orders stay (channel rehearsal); --cancel takes them back."]
    if at_hand.ask is None:
        return [f"The orders could not be taken back: {at_hand.why_not}."]
    try:
        count, refused = await books.cancelled(at_hand.ask, email)
    except SpringtideError as error:
        return [f"The orders could not be taken back: {error.detail}"]
    return [f"{count:,} orders cancelled: their units are free again.", *(f"Not cancelled: {each}" for each in refused)]


def _cut(figures: baskets.BasketFigures, asked: scenario.Scenario) -> list[str]:
    """Say what the scenario's limits cut from the shop's baskets."""
    wanted = asked.baskets
    notes = []
    for name, counts, most in (
        ("orders", figures.lines, wanted.most_lines),
        ("lines", figures.units, wanted.most_units),
    ):
        longer = sum(count for size, count in counts.items() if size > most)
        if longer:
            what = "lines" if name == "orders" else "units"
            notes.append(
                f"{longer / sum(counts.values()):.0%} of the {name} had more than {most} {what}: cut to {most}."
            )
    return notes
