"""How the forecast is made: the methods that are averaged, why these, and how good they were."""

from collections.abc import Iterator

import msgspec

from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.accuracy import KeptAccuracy, QuantileScore
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.plan import ForecastMethods

TOTALS = ("units", "orders", "revenue")
_COLUMNS = (*(("total", measure) for measure in TOTALS), ("product", "units"))


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What a method added to the benchmark, as a share of its error; None: not asked. `is_in`: it is averaged."""

    share: float | None
    is_in: bool


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A method with a cell for units, orders and revenue of the shop, and for units of products."""

    method: str
    cells: tuple[Cell, ...]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """How many weeks came at or below P50, P90 and P99 at one level."""

    level: str
    measure: str
    weeks: int
    p50: float | None
    p90: float | None
    p99: float | None


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the methods with what they added, how often the quantiles held, and the season's spread."""
    found = await whole(visit, plan.row.id, "methods", ForecastMethods)
    if found is None:
        return {"methods": None}
    kept = found.accuracy
    return {
        "methods": found,
        "rows": tuple(_rows(found)),
        "held": tuple(_held(kept)) if kept else (),
        "checks": kept.checks if kept else (),
        "measures": {measure: speech(measure) for measure in TOTALS},
    }


def _rows(found: ForecastMethods) -> Iterator[Row]:
    """Yield every method that was weighed, those that are averaged first; without a back-test, the averaged ones."""
    kept = found.accuracy
    added = {(one.level, one.measure, one.method): one.share for one in kept.value_added} if kept else {}
    used = {("product", "units"): found.products, **{("total", name): found.totals[name] for name in TOTALS}}
    names = {method for *_, method in added} | {method for methods in used.values() for method in methods}
    counts = {method: sum(method in methods for methods in used.values()) for method in names}
    for method in sorted(names, key=lambda name: (-counts[name], name)):
        cells = [Cell(share=added.get((*column, method)), is_in=method in used[column]) for column in _COLUMNS]
        yield Row(method=method, cells=tuple(cells))


def _held(kept: KeptAccuracy) -> Iterator[Held]:
    found: dict[tuple[str, str], dict[float, QuantileScore]] = {}
    for score in kept.coverage:
        found.setdefault((score.level, score.measure), {})[score.share] = score
    for (level, measure), scores in found.items():
        yield Held(
            level=level,
            measure=measure,
            weeks=max(score.cells for score in scores.values()),
            p50=scores[0.5].coverage,
            p90=scores[0.9].coverage,
            p99=scores[0.99].coverage,
        )
