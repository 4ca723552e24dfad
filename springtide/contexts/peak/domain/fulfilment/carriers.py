"""What is due at each carrier: bookings and options under its caps, what others could take over, and punctuality."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.fulfilment.lanes import Collections, Lane
from springtide.contexts.peak.domain.paths.totals import rank_of
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import CarrierProduct
from springtide.contracts.peak.fulfilment import FulfilmentTerms

_PERCENT = 100.0
_STRAINED_MONTHS = (11, 12)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierDays:
    """Parcels by carrier: `due`, (carriers, paths, days), and what to book, option and leave out, (carriers, days).

    `available`: what a carrier takes once booked, (carriers, days). `covered`: share of a carrier's parcels that its
    back-ups could take on the mean path, (carriers, days), 1 where nothing is due.
    """

    due: Floats
    booked: NDArray[np.int64]
    option: NDArray[np.int64]
    above_cap: NDArray[np.int64]
    available: Floats
    covered: Floats


def by_carrier(parcels: Floats, lanes: Sequence[Lane], carriers: int) -> Floats:
    """Add up parcels of lanes, (lanes, paths, days), by the carrier they are planned for."""
    found = np.zeros((carriers, *parcels.shape[1:]))
    for lane, of_lane in zip(lanes, parcels, strict=True):
        found[lane.carrier] += of_lane
    return found


def carrier_days(
    due: Floats, lanes: Sequence[Lane], come: Collections, contract: Floats, terms: FulfilmentTerms
) -> CarrierDays:
    """Return the bookings for what is due by lane, (lanes, paths, days). `contract`: a usual day's volume, (carriers,).

    Up to the contract's volume a carrier takes parcels without booking; above, what is booked or optioned, to its cap.
    """
    carriers = len(contract)
    parcels = by_carrier(due, lanes, carriers)
    ranked = np.sort(parcels, axis=1)
    paths = parcels.shape[1]
    wanted = np.ceil(ranked[:, rank_of(terms.booked_at.value / _PERCENT, paths)] - 1e-6)
    stress = np.ceil(ranked[:, rank_of(terms.option_at.value / _PERCENT, paths)] - 1e-6)
    wanted += _passed_on(np.maximum(wanted - come.cap, 0.0), lanes)
    stress += _passed_on(np.maximum(stress - come.cap, 0.0), lanes)
    booked, most = np.minimum(wanted, come.cap), np.minimum(stress, come.cap)
    return CarrierDays(
        due=parcels,
        booked=booked.astype(np.int64),
        option=np.maximum(most - booked, 0).astype(np.int64),
        above_cap=np.maximum(wanted - come.cap, 0).astype(np.int64),
        available=np.maximum(most, np.minimum(contract[:, None], come.cap)),
        covered=_covered(due, parcels, lanes, come),
    )


def late_on_the_road(season: Season, due: Floats, lanes: Sequence[Lane], is_bad: NDArray[np.bool_]) -> Floats:
    """Return parcels late at the door beyond a usual year's, (paths, days), by the day they were due to leave."""
    strained = np.array([day.month in _STRAINED_MONTHS for day in season.dates])
    late = np.zeros(due.shape[1:])
    for lane, parcels in zip(lanes, due, strict=True):
        good, bad = _later(lane.product)
        late += parcels * np.where(is_bad, bad, good)[:, None] * strained
    return late


def bad_years(paths: int, terms: FulfilmentTerms, seed: int) -> NDArray[np.bool_]:
    """Return on which paths carriers have a bad year: exactly the terms' share of them, (paths,)."""
    order = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 0xCA44]))).permutation(paths)
    found: NDArray[np.bool_] = order < round(paths * terms.bad_year.value / _PERCENT)
    return found


def _later(product: CarrierProduct) -> tuple[float, float]:
    """Return the shares late beyond a usual year in a good and in a bad one."""
    usual = product.on_time_usual.value
    good = max(usual - product.on_time_peak_good.value, 0.0) / _PERCENT
    return good, max(usual - product.on_time_peak_bad.value, 0.0) / _PERCENT


def _passed_on(above: Floats, lanes: Sequence[Lane]) -> Floats:
    """Return what back-ups get of parcels above the caps of the carriers they stand for, (carriers, days)."""
    passed = np.zeros_like(above)
    for carrier in range(len(above)):
        own = [lane for lane in lanes if lane.carrier == carrier]
        total = sum(lane.share for lane in own)
        for lane in own:
            if lane.backup >= 0 and total > 0:
                passed[lane.backup] += above[carrier] * lane.share / total
    return passed


def _covered(due: Floats, parcels: Floats, lanes: Sequence[Lane], come: Collections) -> Floats:
    """Return what back-ups could take of a carrier that fails: its lanes' parcels, into the room they have left."""
    covered = np.ones(come.cap.shape)
    for carrier in range(len(come.hour)):
        total = parcels[carrier].mean(axis=0)
        taken = np.zeros_like(parcels[carrier])
        for backup in {lane.backup for lane in lanes if lane.carrier == carrier and lane.backup >= 0}:
            wanted = sum(due[at] for at, lane in enumerate(lanes) if lane.carrier == carrier and lane.backup == backup)
            taken += np.minimum(wanted, np.maximum(come.cap[backup] - parcels[backup], 0.0))
        covered[carrier] = np.divide(taken.mean(axis=0), total, out=np.ones_like(total), where=total > 0)
    return covered
