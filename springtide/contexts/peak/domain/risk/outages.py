"""Outages drawn on the season's paths: busy hours break more, some causes hit several things at once.

Path k of the outages is path k of the orders, so a bad day costs what that day sells.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from springtide.contexts.peak.domain.paths.streams import stream
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contracts.peak.risk import Outage

Floats = NDArray[np.float64]
_HOURS = 24
_MINUTES = 60
_Z90 = float(ndtri(0.9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Per path, (paths,): how often it happened, and what was not sold."""

    starts: NDArray[np.int64]
    orders: Floats
    minor: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Events:
    """One entry per outage: its path, its start in hours of the season, and how many hours it lasts."""

    path: NDArray[np.intp]
    start: Floats
    hours: Floats
    shared: NDArray[np.bool_]


def chance_of_any(between_days: float, days: float) -> float:
    """Return the chance of at least one start at constant load: 1 - exp(-days / between)."""
    return float(-np.expm1(-days / between_days))


def all_down(unavailable: float, members: int, cause_share: float) -> float:
    """Return the share of time all of some equal things are down, when this share of it has a common cause."""
    return cause_share * unavailable + ((1.0 - cause_share) * unavailable) ** members


def lost(window_hours: float, orders_per_minute: float, stops: float) -> float:
    """Return orders not taken: rate x time until the stand-in works x share that stops."""
    return window_hours * _MINUTES * orders_per_minute * stops


def losses(totals: PathTotals, outages: Mapping[str, Outage], *, seed: int) -> dict[str, Loss]:
    """Return what each outage costs on every path; the same id and seed draw the same, whatever else is on the list.

    Outages of one path that overlap are counted one by one: at the rates of a shop that trades they hardly ever do.
    """
    sales = _Sales(totals)
    causes: dict[str, list[Outage]] = {}
    for outage in outages.values():
        if outage.cause:
            causes.setdefault(outage.cause, []).append(outage)
    shared = {cause: _shared_events(sales, cause, members, seed) for cause, members in causes.items()}
    return {id_: _loss(sales, id_, outage, shared.get(outage.cause), seed) for id_, outage in outages.items()}


class _Sales:
    """Orders of every path as a running sum over its hours."""

    def __init__(self, totals: PathTotals) -> None:
        hourly = totals.orders.reshape(totals.paths, -1).astype(np.float64)
        mean = max(float(hourly.mean()), np.finfo(np.float64).tiny)
        self._load = hourly / mean
        self._hazards: dict[float, Floats] = {}
        self.paths, self.hours = hourly.shape
        self._running = np.concatenate([np.zeros((self.paths, 1)), hourly.cumsum(axis=1)], axis=1)
        per_path = self._running[:, -1]
        revenue = totals.revenue_minor.sum(axis=1)
        self.minor_per_order = np.divide(revenue, per_path, out=np.zeros(self.paths), where=per_path > 0)

    def hazard(self, power: float) -> Floats:
        """Return running sums of load^power over the hours, (paths, hours)."""
        if power not in self._hazards:
            self._hazards[power] = (self._load**power).cumsum(axis=1)
        return self._hazards[power]

    def between(self, path: NDArray[np.intp], start: Floats, end: Floats) -> Floats:
        """Return the orders of each stretch of time."""
        found: Floats = self._until(path, end) - self._until(path, start)
        return found

    def _until(self, path: NDArray[np.intp], at: Floats) -> Floats:
        at = np.clip(at, 0.0, self.hours)
        hour = np.minimum(at.astype(np.intp), self.hours - 1)
        before = self._running[path, hour]
        until: Floats = before + (at - hour) * (self._running[path, hour + 1] - before)
        return until


def _loss(sales: _Sales, id_: str, outage: Outage, shared: _Events | None, seed: int) -> Loss:
    share_of_own = 1.0 - (outage.cause_share.value if outage.cause else 0.0)
    own = _draw(sales, outage, share_of_own, np.random.Generator(stream(seed, "outage", id_)))
    events = [own] if shared is None else [own, shared]
    orders = np.zeros(sales.paths)
    starts = np.zeros(sales.paths, dtype=np.int64)
    kept = outage.stops.value * (1.0 - outage.come_back.value)
    for found in events:
        end = found.start + np.where(found.shared, found.hours, np.minimum(found.hours, _window(outage)))
        gone = sales.between(found.path, found.start, end) * kept
        orders += np.bincount(found.path, weights=gone, minlength=sales.paths)
        starts += np.bincount(found.path, minlength=sales.paths)
    return Loss(starts=starts, orders=orders, minor=orders * sales.minor_per_order)


def _window(outage: Outage) -> float:
    """Return the hours until the stand-in works; inf without one."""
    return (outage.detect.value + outage.switch.value) / _MINUTES if outage.switch is not None else np.inf


def _draw(sales: _Sales, outage: Outage, part: float, random: np.random.Generator) -> _Events:
    hazard = sales.hazard(outage.load.value) * (part / (outage.between.value * _HOURS))
    return _events(hazard, outage, random, shared=False)


def _shared_events(sales: _Sales, cause: str, members: Iterable[Outage], seed: int) -> _Events:
    """Draw the moments that hit all members, with the mean of their shared hazards and the longest duration."""
    among = list(members)
    parts = [sales.hazard(one.load.value) * (one.cause_share.value / (one.between.value * _HOURS)) for one in among]
    longest = max(among, key=lambda one: one.median.value)
    mean = np.mean(parts, axis=0)
    return _events(mean, longest, np.random.Generator(stream(seed, "cause", cause)), shared=True)


def _events(hazard: Floats, outage: Outage, random: np.random.Generator, *, shared: bool) -> _Events:
    """Draw outages from running sums of the hazard, (paths, hours): how many per path, then when each one starts."""
    paths, hours = hazard.shape
    path = np.repeat(np.arange(paths), random.poisson(hazard[:, -1]))
    at = random.random(path.size) * hazard[path, -1]
    hour = np.minimum((hazard[path] <= at[:, None]).sum(axis=1), hours - 1)
    deviation = np.log(outage.p90.value / outage.median.value) / _Z90
    return _Events(
        path=path,
        start=hour + random.random(path.size),
        hours=outage.median.value * np.exp(deviation * random.standard_normal(path.size)),
        shared=np.full(path.size, shared),
    )
