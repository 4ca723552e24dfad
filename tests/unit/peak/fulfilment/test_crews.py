"""Shifts and crews by hand: enough hands for what is due, the cheapest way first, the rest to the other house."""

from datetime import date

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from springtide.contexts.peak.domain.fulfilment.crews import (
    Crew,
    Work,
    external_price,
    latest_closing,
    plan_crew,
    prefers_external,
)
from springtide.contexts.peak.domain.fulfilment.hours import clock_of
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.fulfilment import FulfilmentTerms
from springtide.demo.company import load_company

COMPANY = load_company()
OWN, EXTERNAL = COMPANY.warehouses
TERMS = FulfilmentTerms(
    efficiency=Figure(value=100, unit="% of the rate", assumption="for sums by hand"),
    parcels_per_order=Figure(value=1, unit="parcels/order", assumption="for sums by hand"),
)
NOVEMBER, SEPTEMBER = date(2011, 11, 14), date(2011, 9, 12)  # both Mondays
AT_ONCE = np.array([1.0] + [0.0] * 23)


def crew_for(
    due: float,
    *,
    day: date = NOVEMBER,
    lines: float = 3.0,
    after: NDArray[np.float64] = AT_ONCE,
    may_overtime: bool = False,
    closed: bool = False,
) -> Crew:
    season = Season(first=day, days=1)
    clock = clock_of(OWN, season, np.array([closed]))
    work = Work(due=np.array([due]), after=after[None], lines_per_order=np.array([lines]), collection_hour=17.5)
    return plan_crew(OWN, clock, work, season, TERMS, may_overtime=may_overtime)


def test_a_quiet_day_is_done_by_few_in_one_shift() -> None:
    crew = crew_for(100)  # 300 lines at 60 an hour and 100 parcels at 22, in 8 hours
    assert (crew.shifts[0], crew.pickers[0], crew.packers[0]) == (1, 1, 1)
    assert (crew.closes[0], crew.overtime_h[0], crew.fits[0]) == (14, 0, 1)
    assert crew.pick.sum() == 60 * 8


def test_the_second_shift_comes_when_all_stations_of_the_first_are_full() -> None:
    full = 12 * 60 * 8 / 5  # twelve pickers, eight hours, five lines
    assert crew_for(full, lines=5).shifts[0] == 1
    assert crew_for(full, lines=5).pickers[0] == 12
    more = crew_for(full + 1, lines=5)
    assert more.shifts[0] == 2
    assert more.closes[0] == 21.5
    assert more.pickers[0] < 12


def test_orders_that_come_after_the_first_shift_need_the_second() -> None:
    """Half of the orders come after 15:00: hours before that do not help them."""
    late = np.where(np.arange(24) < 14, 1.0, 0.5)
    late[16:] = 0.0
    crew = crew_for(120, after=late)
    assert crew.shifts[0] == 2
    assert crew.packers[0] == np.ceil(60 / (22 * 2.5))


def test_overtime_comes_last_and_the_rest_does_not_fit() -> None:
    assert crew_for(2500, may_overtime=True).overtime_h[0] == 2
    crew = crew_for(5000)
    assert (crew.pickers[0], crew.packers[0]) == (12, 8)
    assert crew.fits[0] == pytest.approx(8 * 22 * 11.5 / 5000)  # packing is the narrower stage until 17:30


def test_outside_the_peak_the_own_house_has_one_shift() -> None:
    season = Season(first=SEPTEMBER, days=1)
    assert crew_for(100_000, day=SEPTEMBER).shifts[0] == 1
    assert latest_closing(OWN, clock_of(OWN, season, np.array([False])), season, TERMS).tolist() == [14]
    assert latest_closing(EXTERNAL, clock_of(EXTERNAL, season, np.array([False])), season, TERMS).tolist() == [22]


def test_a_closed_day_has_nobody_and_fits_nothing() -> None:
    crew = crew_for(100, closed=True)
    assert (crew.shifts[0], crew.pickers[0], crew.packers[0], crew.fits[0]) == (0, 0, 0, 0)


def test_the_cheaper_of_overtime_and_the_external_house() -> None:
    assert external_price(EXTERNAL, 3.0) == 145 + 2 * 22
    assert not prefers_external(COMPANY, OWN, EXTERNAL, 1.0, TERMS)
    free = msgspec.structs.replace(EXTERNAL, price_per_order=None, price_per_extra_line=None)
    assert prefers_external(COMPANY, OWN, free, 1.0, TERMS)


def test_more_work_never_takes_fewer_hours_of_work() -> None:
    hours = [float((crew_for(due).pack).sum()) for due in (50, 100, 400, 900, 1500)]
    assert hours == sorted(hours)
