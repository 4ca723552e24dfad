"""Overrides and levers as factors on the forecast's means: every step derives from what they leave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Levers, Override, Scope

LARGEST = 1000.0
"""A multiplier above this is a slip of the pen."""


@dataclass(frozen=True, kw_only=True)
class Edits:
    """What planners changed. `as_of`: the day of the plan; overrides that expired before it are not applied."""

    as_of: date
    overrides: tuple[Override, ...] = ()
    levers: Levers = field(default_factory=Levers)

    @property
    def applied(self) -> tuple[Override, ...]:
        """Return the overrides that count."""
        return tuple(override for override in self.overrides if override.expires_on >= self.as_of)

    @property
    def expired(self) -> tuple[Override, ...]:
        """Return the overrides that do not count any more: they are named, so that nobody wonders."""
        return tuple(override for override in self.overrides if override.expires_on < self.as_of)


def checked(edits: Edits, forecast: Forecast) -> Edits:
    """Return the edits; raises InvalidPeakInput naming every one that makes no sense for this forecast."""
    mistakes = [*_lever_mistakes(edits.levers), *_override_mistakes(edits.overrides, forecast)]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return edits


def multipliers(edits: Edits, forecast: Forecast) -> NDArray[np.float32]:
    """Return what every product and day is multiplied with, (products, days)."""
    levers, days = edits.levers, forecast.season.days
    on_events = levers.marketing * levers.discount * levers.conversion
    of_days = levers.size * np.where(forecast.event_days, on_events, 1.0)
    changed = np.tile(of_days, (len(forecast.products), 1))
    for override in edits.applied:
        first, last = _span(override, forecast)
        changed[_touched(override, forecast), first:last] *= override.multiplier
    return changed.astype(np.float32).reshape(len(forecast.products), days)


def bought_more(edits: Edits, forecast: Forecast) -> NDArray[np.float64]:
    """Return by how much orders per visit rise on each day, (days,): this much of the demand needs no more visits."""
    return np.where(forecast.event_days, edits.levers.discount * edits.levers.conversion, 1.0)


def _span(override: Override, forecast: Forecast) -> tuple[int, int]:
    """Return the days as a half-open range of indices, cut to the season."""
    season = forecast.season
    first = 0 if override.first is None else (override.first - season.first).days
    last = season.days if override.last is None else (override.last - season.first).days + 1
    return max(0, first), max(0, min(season.days, last))


def _touched(override: Override, forecast: Forecast) -> NDArray[np.bool_]:
    products = forecast.products
    if override.scope is Scope.SKU:
        return np.array([product.sku == override.key for product in products], dtype=np.bool_)
    if override.scope is Scope.CATEGORY:
        return np.array([product.category == override.key for product in products], dtype=np.bool_)
    return np.ones(len(products), dtype=np.bool_)


def _lever_mistakes(levers: Levers) -> Iterator[Mistake]:
    for name, value in msgspec.structs.asdict(levers).items():
        if not 0 < value <= LARGEST:
            message = f"{name} has to lie above 0 and up to {LARGEST:g}, not {value:g}"
            yield Mistake(where="levers", rule="lever_out_of_range", message=message)


def _override_mistakes(overrides: Sequence[Override], forecast: Forecast) -> Iterator[Mistake]:
    known = {
        Scope.ALL: {""},
        Scope.CATEGORY: {product.category for product in forecast.products},
        Scope.SKU: {product.sku for product in forecast.products},
    }
    seen: set[str] = set()
    for row, override in enumerate(overrides, start=1):
        for rule, message in _wrong(override, known):
            yield Mistake(where="overrides", rule=rule, message=f"{override.id}: {message}", row=row)
        if override.id in seen:
            yield Mistake(where="overrides", rule="id_used_twice", message=f"{override.id} is there twice", row=row)
        seen.add(override.id)


def _wrong(override: Override, known: dict[Scope, set[str]]) -> Iterator[tuple[str, str]]:
    if not 0 <= override.multiplier <= LARGEST:
        yield "multiplier_out_of_range", f"multipliers lie from 0 to {LARGEST:g}, not {override.multiplier:g}"
    if override.key not in known[override.scope]:
        yield f"unknown_{override.scope}", f"there is no {override.scope} {override.key!r} in the forecast"
    if override.first and override.last and override.first > override.last:
        yield "dates_reversed", f"{override.first} comes after {override.last}"
    if not override.reason.strip() or not override.author.strip():
        yield "unsigned", "an override needs a reason and an author"
