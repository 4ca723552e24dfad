"""Made-up shops of shapes that shops really have; everything comes from the seed."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from bench.peak.judge.case import Case, Floats


def made_cases(seed: int = 5) -> Iterator[Case]:
    """Yield all of them."""
    yield _stores(seed)
    yield _weeks(seed + 1)
    yield _black_friday(seed + 2)
    yield _drops(seed + 3)
    yield _three_weeks(seed + 4)
    yield _coming_and_going(seed + 5)
    yield _spare_parts(seed + 6)
    yield _single(seed + 7)
    yield _holidays(seed + 8)
    yield _start_up(seed + 9)
    yield _order_lines(seed + 10)


def wide_case(keys: int = 5000, seed: int = 99) -> Case:
    """Return many keys over two years: for time and memory."""
    random, mean = _levels(keys, 730, seed, median=0.8, drift=0.02)
    mean *= _weekdays(date(2022, 1, 1), 730, (1, 0.9, 0.9, 1, 1.2, 1.6, 1.3))
    return Case(
        name="5,000 keys",
        shape=f"{keys:,} keys, two years of days",
        first=date(2022, 1, 1),
        step_days=1,
        units=_counts(random, mean, 2.0),
        known=702,
        horizon=28,
    )


def _stores(seed: int) -> Case:
    """Three years of a supermarket: weekends, a year, a closed Christmas Day, late goods, delistings, empty shelves."""
    days, keys, first = 1095, 120, date(2013, 1, 1)
    random, mean = _levels(keys, days, seed, median=0.9, drift=0.05)
    mean *= _weekdays(first, days, (1, 0.9, 0.9, 0.95, 1.1, 1.4, 1.35))
    mean *= _season(first, days, random.uniform(0, 365, keys), 0.25)
    mean *= np.exp(random.normal(0, 0.08, (days, 1)))
    born = np.where(random.random(keys) < 0.2, random.integers(100, 900, keys), 0)
    gone = np.where(random.random(keys) < 0.05, random.integers(600, 1060, keys), days)
    units = _counts(random, mean, 1.5)
    place = np.arange(days)[:, None]
    units[(place < born) | (place >= gone)] = 0.0
    for key in range(keys):
        for start in random.integers(0, days, 3):
            units[start : start + random.integers(2, 15), key] = 0.0
    units[[_day_of(first, day, 12, 25) for day in range(3)]] = 0.0
    return Case(
        name="stores",
        shape="120 keys, 3 years of days, 60 % zeros, closed Christmas Days, late and delisted keys",
        first=first,
        step_days=1,
        units=units,
        known=days - 28,
        horizon=28,
        categories=tuple(f"aisle{key % 3}" for key in range(keys)),
    )


def _weeks(seed: int) -> Case:
    """Three years of weeks of fashion and food, as in VN2."""
    weeks, keys, first = 157, 200, date(2021, 4, 12)
    random, mean = _levels(keys, weeks, seed, median=3.0, drift=0.06)
    of_year = np.arange(weeks)[:, None] * 7.0
    mean *= 1 + 0.4 * np.cos(2 * np.pi * (of_year - random.choice([60, 150, 330], keys)) / 364)
    return Case(
        name="weeks",
        shape="200 keys, 3 years of weeks, seasons of their own",
        first=first,
        step_days=7,
        units=_counts(random, mean, 3.0),
        known=weeks - 8,
        horizon=8,
    )


def _black_friday(seed: int) -> Case:
    """Two years of days with two Black Fridays; the third is in the horizon."""
    first, keys = date(2022, 9, 1), 80
    days = (date(2024, 12, 31) - first).days + 1
    random, mean = _levels(keys, days, seed, median=2.0, drift=0.03)
    mean *= _weekdays(first, days, (1.2, 1.1, 1, 1, 0.9, 0.8, 1.1))
    own = random.lognormal(0, 0.5, keys)
    for friday in (date(2022, 11, 25), date(2023, 11, 24), date(2024, 11, 29)):
        offset = np.arange(days) - (friday - first).days
        height = np.where(offset == 0, 4.0, np.where((offset >= -4) & (offset < 4), 2.0, 0.0))
        mean *= 1 + height[:, None] * own
        christmas = (offset > 3) & (offset < 24)
        mean[christmas] *= 1.5
    known = (date(2024, 10, 27) - first).days + 1
    return Case(
        name="black friday",
        shape="80 keys, 26 months of days; the third Black Friday lies in the 63 days ahead",
        first=first,
        step_days=1,
        units=_counts(random, mean, 3.0),
        known=known,
        horizon=63,
    )


def _drops(seed: int) -> Case:
    """Twenty weeks of a brand that drops goods on Thursdays; each sells out of fashion within weeks."""
    days, keys, first = 140 + 14, 40, date(2024, 1, 1)
    random = _random(seed)
    launch = np.where(np.arange(keys) < 8, -200, random.integers(0, 18, keys) * 7 + 3)
    age = np.arange(days)[:, None] - launch
    height, pace = random.lognormal(3.5, 0.8, keys), random.uniform(5, 20, keys)
    mean = np.where(age < 0, 0.0, height * np.exp(-np.maximum(age, 0) / pace) + random.lognormal(0, 0.8, keys))
    units = _counts(random, mean, 4.0)
    units[age < 0] = np.nan
    return Case(
        name="drops",
        shape="40 keys, 20 weeks of days, most launched within and fading",
        first=first,
        step_days=1,
        units=units,
        known=140,
        horizon=14,
    )


def _three_weeks(seed: int) -> Case:
    days, first = 28, date(2024, 5, 6)
    random, mean = _levels(20, days, seed, median=4.0, drift=0.0)
    mean *= _weekdays(first, days, (1, 1, 1, 1.1, 1.3, 1.6, 0.7))
    return Case(
        name="three weeks",
        shape="20 keys, three weeks of days",
        first=first,
        step_days=1,
        units=_counts(random, mean, 5.0),
        known=21,
        horizon=7,
    )


def _coming_and_going(seed: int) -> Case:
    """Return a year of days in which a third of the keys is new and a third is gone; such rows are not there."""
    days, keys, first = 400, 150, date(2023, 2, 1)
    random, mean = _levels(keys, days, seed, median=1.5, drift=0.04)
    mean *= _weekdays(first, days, (1, 1, 1, 1, 1.2, 1.5, 1.2))
    units = _counts(random, mean, 2.0)
    place, kind = np.arange(days)[:, None], np.arange(keys) % 3
    born, gone = random.integers(150, 365, keys), random.integers(100, 365, keys)
    units[(kind == 1) & (place < born)] = np.nan
    units[(kind == 2) & (place >= gone)] = np.nan
    return Case(
        name="coming, going",
        shape="150 keys, a year of days, a third begins late, a third ends early",
        first=first,
        step_days=1,
        units=units,
        known=days - 28,
        horizon=28,
    )


def _spare_parts(seed: int) -> Case:
    weeks, keys, first = 104 + 13, 300, date(2022, 1, 3)
    random = _random(seed)
    chance = random.uniform(0.03, 0.5, keys)
    size = 1 + random.poisson(random.uniform(0.2, 4, keys), (weeks, keys))
    units = np.where(random.random((weeks, keys)) < chance, size, 0).astype(np.float64)
    return Case(
        name="spare parts",
        shape="300 keys, 2 years of weeks, nothing in three weeks of four",
        first=first,
        step_days=7,
        units=units,
        known=weeks - 13,
        horizon=13,
    )


def _single(seed: int) -> Case:
    days, first = 730 + 98, date(2022, 1, 1)
    random = _random(seed)
    mean = 200 * np.exp(0.3 * np.arange(days)[:, None] / 365) * _season(first, days, np.array([330.0]), 0.3)
    mean = mean * _weekdays(first, days, (1, 0.9, 0.9, 1, 1.1, 1.3, 0.8))
    return Case(
        name="one key",
        shape="1 key, 2 years of days, growth of a third a year",
        first=first,
        step_days=1,
        units=_counts(random, mean, 30.0),
        known=730,
        horizon=98,
    )


def _holidays(seed: int) -> Case:
    """Return a cafe, closed on Mondays, three weeks each August and over Christmas; August is ahead."""
    first, keys = date(2022, 1, 1), 30
    days = (date(2024, 9, 15) - first).days + 1
    random, mean = _levels(keys, days, seed, median=4.0, drift=0.03)
    mean *= _weekdays(first, days, (0, 0.8, 0.9, 1, 1.2, 1.6, 1.5)) * _season(first, days, np.array([190.0]), 0.2)
    units = _counts(random, mean, 6.0)
    for year in (2022, 2023, 2024):
        units[(date(year, 8, 1) - first).days : (date(year, 8, 22) - first).days] = 0.0
        if year < 2024:
            units[(date(year, 12, 24) - first).days : (date(year + 1, 1, 3) - first).days] = 0.0
    return Case(
        name="closures",
        shape="30 keys, 30 months of days, closed Mondays and three weeks each August; August is ahead",
        first=first,
        step_days=1,
        units=units,
        known=(date(2024, 7, 14) - first).days + 1,
        horizon=60,
    )


def _start_up(seed: int) -> Case:
    days, keys, first = 245 + 42, 50, date(2024, 1, 8)
    random, mean = _levels(keys, days, seed, median=0.7, drift=0.03)
    mean *= np.exp(np.arange(days) / 110)[:, None] * _weekdays(first, days, (1, 1, 1, 1, 1, 0.7, 0.8))
    return Case(
        name="start-up",
        shape="50 keys, 8 months of days, a third more each month",
        first=first,
        step_days=1,
        units=_counts(random, mean, 2.0),
        known=245,
        horizon=42,
    )


def _order_lines(seed: int) -> Case:
    """Order lines of a shop in Los Angeles in UTC: a few bulk orders, and returns days later that undo them."""
    days, keys, first = 425, 50, date(2023, 3, 1)
    random, mean = _levels(keys, days, seed, median=0.8, drift=0.03)
    mean *= _weekdays(first, days, (1, 1, 1, 1, 1.1, 1.2, 0))
    units = _counts(random, mean, 2.0)
    bulk = random.random(units.shape) < 0.0004
    units += bulk * random.integers(40, 200, units.shape)
    known = days - 28
    return Case(
        name="order lines",
        shape="50 keys, 14 months of order lines in UTC of a shop in Los Angeles, bulk orders, returns, closed Sundays",
        first=first,
        step_days=1,
        units=units,
        known=known,
        horizon=28,
        lines=_lines(random, units, first),
        options=("--timezone", "America/Los_Angeles"),
    )


def _lines(random: np.random.Generator, units: Floats, first: date) -> pl.DataFrame:
    place, key = np.nonzero(units)
    minute = random.integers(8 * 60, 23 * 60, place.size)
    local = np.datetime64(first, "m") + place * 1440 + minute
    bought = pl.DataFrame({
        "time": local.astype("datetime64[us]"),
        "sku": np.array([f"key{one:05}" for one in key]),
        "quantity": units[place, key],
        "order_id": np.array([f"o{number}" for number in range(place.size)]),
    })  # fmt: skip
    back = bought.filter(pl.Series(random.random(place.size) < 0.03)).with_columns(
        pl.col("time") + timedelta(days=9), pl.lit(-1.0).alias("quantity"), order_id=pl.lit("r") + pl.col("order_id")
    )
    both = pl.concat([bought, back]).sort("time")
    utc = pl.col("time").dt.replace_time_zone("America/Los_Angeles", ambiguous="earliest", non_existent="null")
    written = utc.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return both.with_columns(time=written, unit_price=pl.lit(9.5))


def _random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def _levels(keys: int, periods: int, seed: int, *, median: float, drift: float) -> tuple[np.random.Generator, Floats]:
    """Return means of keys that differ as shops' do (sd of the log 1.2) and walk by `drift` each week, or period."""
    random = _random(seed)
    steps = periods if periods < 300 else -(-periods // 7)
    walk = np.cumsum(random.normal(0, drift, (steps, keys)), axis=0)
    walk -= walk.mean(axis=0)
    walk = np.repeat(walk, -(-periods // steps), axis=0)[:periods]
    mean: Floats = median * random.lognormal(0, 1.2, keys) * np.exp(walk)
    return random, mean


def _weekdays(first: date, days: int, shares: tuple[float, ...]) -> Floats:
    """Return each day's factor, Monday first, (days, 1)."""
    return np.array(shares)[(first.weekday() + np.arange(days)) % 7][:, None]


def _season(first: date, days: int, top: Floats, height: float) -> Floats:
    """Return a year's wave with its top on these days of the year, (days, keys)."""
    day = (first - date(first.year, 1, 1)).days + np.arange(days)[:, None]
    wave: Floats = 1 + height * np.cos(2 * np.pi * (day - top) / 365.25)
    return wave


def _counts(random: np.random.Generator, mean: Floats, size: float) -> Floats:
    """Return negative binomial counts."""
    return random.poisson(mean * random.gamma(size, 1 / size, mean.shape)).astype(np.float64)


def _day_of(first: date, year: int, month: int, day: int) -> int:
    return (date(first.year + year, month, day) - first).days
