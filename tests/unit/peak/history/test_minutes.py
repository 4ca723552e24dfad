"""The busiest minute is measured on pairs of orders, so that luck in small hours does not count as a rush."""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl
import pytest

from springtide.contexts.peak.domain.history.minutes import burst_of
from springtide.contexts.peak.domain.plan.minute import ASSUMED_TIMES, peak_minute_of
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.plan import FigureSource
from springtide.demo.company import load_company

START = datetime(2011, 3, 1)  # noqa: DTZ001 - the shop's own clock


def sales(*, days: int, hour: float, variance: float, seed: int = 5) -> pl.DataFrame:
    """Return orders of one hour a day whose minutes expect gamma numbers with this variance, or even ones for 0."""
    luck = np.random.default_rng(seed)
    even = np.full((days, 60), hour / 60)
    expected = even * luck.gamma(1 / variance, variance, even.shape) if variance else even
    counts = luck.poisson(expected)
    times = [
        START + timedelta(days=int(day), hours=11, minutes=int(minute))
        for day, minute in zip(*np.nonzero(counts), strict=True)
        for _ in range(counts[day, minute])
    ]
    return pl.DataFrame({"local": times, "party": [str(number) for number in range(len(times))]})


@pytest.mark.parametrize(("variance", "times"), [(0.0, 1.0), (0.5, 3.02), (1.0, 4.09)])
def test_what_was_uneven_is_found_again_without_the_luck_of_small_hours(variance: float, times: float) -> None:
    """Ten orders an hour: the fullest minute alone would be 12 to 18 times the average of even minutes."""
    burst = burst_of(sales(days=3_000, hour=10.0, variance=variance))
    assert burst is not None
    assert burst.times == pytest.approx(times, abs=0.45)
    assert 2_990 <= burst.hours <= 3_000


def test_few_orders_and_rounded_times_tell_nothing() -> None:
    assert burst_of(sales(days=30, hour=3.0, variance=0.5)) is None
    rounded = sales(days=3_000, hour=10.0, variance=0.5).with_columns(pl.col("local").dt.truncate("1h"))
    assert burst_of(rounded) is None


def test_the_company_knows_better_than_its_history_and_nobody_knows_less() -> None:
    company = load_company()
    measured = burst_of(sales(days=3_000, hour=10.0, variance=0.5))
    assert measured is not None
    found = peak_minute_of(company, measured)
    assert (found.source, found.times, found.hours) == (FigureSource.MEASURED, measured.times, measured.hours)
    assert peak_minute_of(company, None).times == ASSUMED_TIMES
    figure = Figure(value=8.0, unit="times", source="the drop of last May")
    own = msgspec.structs.replace(company, hosting=msgspec.structs.replace(company.hosting, peak_minute=figure))
    said = peak_minute_of(own, measured)
    assert (said.source, said.times, said.note) == (FigureSource.COMPANY, 8.0, "the drop of last May")
