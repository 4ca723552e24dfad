"""A plan while it is made and when it is done, in lines for people."""

from collections.abc import Iterator
from time import perf_counter, process_time

from springtide.commands.output import aside
from springtide.commands.peak.words import words
from springtide.contracts.peak.common import Band, Decision, Phrase
from springtide.contracts.peak.paths import PathsSummary
from springtide.contracts.peak.plan import Plan, StageDone
from springtide.contracts.peak.what_if import Side
from springtide.platform.money import exponent

_SHOWN = 12


class Watch:
    """Says each stage beside the results: how long it took, how much of all cores' time, and what came out."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._began = self._first = perf_counter()
        self._spent = process_time()

    def begins(self, stage: str) -> None:
        """Note the time."""
        del stage
        self._began, self._spent = perf_counter(), process_time()

    def ends(self, done: StageDone) -> None:
        """Say what came out."""
        took, spent = perf_counter() - self._began, process_time() - self._spent
        aside(f"{done.stage:<11} {took:7.1f} s  CPU {spent:6.1f} s  {words(done.what, self._currency)}")

    def read(self, stage: str, what: Phrase) -> None:
        """Say a stage that nobody else runs: reading."""
        self.ends(StageDone(stage=stage, what=what))

    @property
    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return perf_counter() - self._first


def plan_in_words(plan: Plan) -> Iterator[str]:
    """Yield the plan: what to do first, then the season."""
    yield f"Plan {plan.id} for {plan.company}, {plan.first} to {plan.last}, made for {plan.as_of}"
    yield ""
    yield from _decisions(plan.decisions, plan.currency)
    yield from season_in_words(plan.paths, plan.currency)
    for phrase in plan.missing:
        yield f"! {words(phrase, plan.currency)}"


def season_in_words(paths: PathsSummary, currency: str) -> Iterator[str]:
    """Yield the season's ranks."""
    yield f"{'The season':<24}{'P50':>14}{'P90':>14}{'P99':>14}   over {paths.paths:,} paths, spread {paths.spread:.1%}"
    for name, band, unit in _bands(paths, currency):
        yield f"  {name:<22}" + "".join(f"{value / unit:>14,.0f}" for value in (band.p50, band.p90, band.p99))
    yield f"  revenue in {currency}; the spread was learned on {paths.learned_on}"


def change_in_words(before: Side, after: Side, currency: str) -> Iterator[str]:
    """Yield what an edit did: the season before and after, decisions that came and that went."""
    yield f"{'':<24}{'P50':>14}{'':>14}{'P90':>14}"
    unit = 10.0 ** exponent(currency)
    cost = ("cost", before.cost_minor, unit), ("cost", after.cost_minor, unit)
    pairs = zip((*_bands(before, currency), cost[0]), (*_bands(after, currency), cost[1]), strict=True)
    for (name, old, unit), (_, new, _) in pairs:
        cells = (old.p50 / unit, new.p50 / unit, old.p90 / unit, new.p90 / unit)
        yield "  {:<22}{:>14,.0f} ->{:>11,.0f}{:>14,.0f} ->{:>11,.0f}".format(name, *cells)
    for title, here, there in (("New", after, before), ("No longer", before, after)):
        for decision in here.decisions:
            if decision not in there.decisions:
                yield f"{title}: {_decision(decision, currency)}"


def _bands(season: PathsSummary | Side, currency: str) -> tuple[tuple[str, Band, float], ...]:
    return (
        ("orders", season.orders, 1.0),
        ("units", season.units, 1.0),
        ("revenue", season.revenue_minor, 10.0 ** exponent(currency)),
        ("visits", season.visits, 1.0),
        ("orders, busiest hour", season.busiest_hour_orders, 1.0),
    )


def _decisions(decisions: tuple[Decision, ...], currency: str) -> Iterator[str]:
    yield f"To do: {len(decisions)}" if decisions else "Nothing to do"
    for decision in decisions[:_SHOWN]:
        yield f"  {_decision(decision, currency)}"
    if len(decisions) > _SHOWN:
        yield f"  and {len(decisions) - _SHOWN} more in plan.json"
    yield ""


def _decision(decision: Decision, currency: str) -> str:
    when = f"by {decision.by}" if decision.by else "soon"
    return f"{'! ' if decision.urgent else ''}{when}, {decision.department}: {words(decision.what, currency)}"
