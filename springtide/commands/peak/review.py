"""`springtide peak review PLAN --actuals FILE --out FOLDER`: plan against fact, and the priors of the next plan."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import msgspec

from springtide.commands.output import aside, say
from springtide.commands.peak.actuals import actuals_from
from springtide.commands.peak.frozen import frozen_plan
from springtide.contexts.peak.domain.review.season import Known
from springtide.contexts.peak.providers.season_look import known_of, review_of
from springtide.contexts.peak.providers.told_file import told_rows
from springtide.contracts.peak.budget import Booking, decode_budget
from springtide.contracts.peak.facts import decode_facts
from springtide.contracts.peak.review import FactLine, Review
from springtide.platform.money import exponent, written
from springtide.settings import Settings

_LEVERS = """# What {first} to {last} taught about event days: they sold {lever:.3f} times what the plan thought,
# half believed. For a next plan whose history does NOT have this season: one that has it learns the event by itself,
# and this would count it twice.
size = 1.0
marketing = 1.0
discount = 1.0
conversion = {lever:.4f}
"""


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Write the review and say it."""
    facts = decode_facts(Path(options.facts).read_bytes()) if options.facts else ()
    known = Known(facts=facts, told=told_rows(Path(options.told)) if options.told else (), bookings=_bookings(options))
    with frozen_plan(settings, options.plan) as snapshot:
        actuals = actuals_from(options, snapshot.plan.timezone, snapshot.plan.currency)
        review = review_of(snapshot, known_of(snapshot, actuals, options.until), known)
    write_review(Path(options.out), review)
    if options.json:
        say(msgspec.json.encode(review).decode())
        return 0
    for line in review_in_words(review, snapshot.plan.currency):
        say(line)
    aside(f"written to {options.out}; take it: springtide peak plan … --calibration {options.out}/calibration.json")
    return 0


def _bookings(options: argparse.Namespace) -> tuple[Booking, ...]:
    """Return what was promised and spent by `budget.toml` as it is now; that of the plan is of before its season."""
    return decode_budget(Path(options.budget).read_bytes())[0].bookings if options.budget else ()


def write_review(folder: Path, review: Review) -> None:
    """Write the review and the documents that the next plan may take."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "review.json").write_bytes(msgspec.json.format(msgspec.json.encode(review), indent=1) + b"\n")
    if review.calibration is not None:
        body = msgspec.json.format(msgspec.json.encode(review.calibration), indent=1)
        (folder / "calibration.json").write_bytes(body + b"\n")
    levers = _LEVERS.format(first=review.first, last=review.last, lever=review.event_lever)
    (folder / "levers.toml").write_text(levers, encoding="utf-8")


def review_in_words(review: Review, currency: str) -> Iterator[str]:
    """Yield plan against fact, then how far the ranks held, then whose overrides helped."""
    part = "" if review.is_whole else ", so far"
    yield f"{review.first} to {review.last}{part}, against the plan frozen as {review.snapshot_sha256[:16]}"
    yield from _raw(review, currency)
    yield f"{'':<34}{'planned P50':>14}{'P10':>14}{'P90':>14}{'came':>14}{'off by':>9}"
    for one in review.steps:
        unit = 10.0 ** exponent(currency) if one.figure.endswith("_minor") or one.step in {"budget", "staff"} else 1.0
        planned = one.planned
        values = (planned.p50, planned.p10, planned.p90, one.actual)
        cells = "".join(f"{value / unit:>14,.1f}" for value in values)
        outside = "" if one.within else "  outside P10 to P90"
        yield f"  {one.step + ': ' + one.figure:<32}{cells}{one.error:>+9.1%}{outside}"
    for spread in review.within:
        days = "event days" if spread.event else "other days"
        yield f"  {spread.level}, {days}: {spread.found:.1%} of {spread.points:,} lay from P10 to P90, 80% would"
    yield f"  days by tenth of the paths, lowest first: {' '.join(str(count) for count in review.pit)}"
    yield from _lines(review, currency)
    before, after = review.before, review.after
    yield f"  bias {review.bias:+.1%}; spread of the season {before.common_sd:.3f} -> {after.common_sd:.3f}"
    yield f"  event days over usual ones {before.event_uplift:.2f} -> {after.event_uplift:.2f}"
    for value in review.overrides:
        verdict = "helped" if value.helped else "did not help"
        off = f"{value.with_it:.1%} off, {value.without_it:.1%} without"
        yield f"  override {value.id} ({value.author}, {value.reason}): {off}: {verdict}"
    if review.unknown_units:
        yield f"! {review.unknown_units:,.0f} units were of products that the plan does not know"


def _raw(review: Review, currency: str) -> Iterator[str]:
    """Yield what was sold before the rules that cleaned the plan's history, and what each of them left out."""
    raw = review.raw
    if raw is None:
        yield "  what came is compared as it was counted: counts by hour pass no rule of the history"
        return
    yield (
        f"  as sold: {raw.orders:,} orders, {raw.units:,.0f} units, {written(raw.revenue_minor, currency)}; compared is"
        " that less what the rules leave out of the plan's history too"
    )
    for one in raw.left_out:
        yield f"    {one.rule}: {one.lines:,} lines, {one.units:,.0f} units, {written(one.revenue_minor, currency)}"


def _lines(review: Review, currency: str) -> Iterator[str]:
    """Yield what is known beside the sales, over the days that were told; and what nobody told."""
    told = [line for line in review.lines if line.actual is not None]
    if told:
        yield f"{'':<34}{'planned':>14}{'came':>14}{'off by':>9}  days told"
    for line in told:
        name = f"{line.step}: {line.figure}{f' {line.of}' if line.of else ''}"
        off = "" if line.error is None else f"{line.error:+.1%}"
        compared = "" if line.is_compared else "  not compared: not of the same days"
        cells = f"{_amount(line, line.planned, currency):>14}{_amount(line, line.actual, currency):>14}{off:>9}"
        yield f"  {name:<32}{cells}  {line.days} of {line.of_days}{compared}"
    unknown = dict.fromkeys(f"{line.step}: {line.figure}" for line in review.lines if line.actual is None)
    if unknown:
        yield f"  not known: {', '.join(unknown)}"


def _amount(line: FactLine, value: float | None, currency: str) -> str:
    if value is None:
        return "-"
    if line.kind == "percent":
        return f"{value:.1%}"
    return written(value, currency) if line.kind == "money" else f"{value:,.1f}"
