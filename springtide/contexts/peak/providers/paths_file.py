"""Joint paths in a file: factors, seed and sums instead of draws. A set of 5,000 products takes a few megabytes."""

from datetime import date
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.result import Forecast, Spread
from springtide.contexts.peak.domain.history.demand import Product
from springtide.contexts.peak.domain.paths.drawn import WORKERS
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.paths.factors import Factors
from springtide.contexts.peak.domain.paths.joint import JointPaths, Sums, drawn_products, totals_of
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Levers, Override

VERSION = 2
"""Rises when other code would draw other numbers from the same file, or could not read it."""
_FORECAST = ("units", "orders", "lines", "revenue_minor", "visits", "hours", "event_days")
_SPREAD = ("product_sd", "dispersion")
_FACTORS = ("common", "basket", "price", "groups")
_SDS = (
    *("common_sd", "event_sd", "day_sd", "group_sd"),
    *("basket_sd", "basket_day_sd", "price_sd", "price_day_sd"),
    *("week_sd", "basket_week_sd", "price_week_sd"),
)


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    seed: int
    first: date
    days: int
    timezone: str
    products: list[tuple[str, str, float]]
    groups: list[str]
    common_sd: float
    event_sd: float
    day_sd: float
    group_sd: float
    basket_sd: float
    basket_day_sd: float
    price_sd: float
    price_day_sd: float
    learned_on: str
    peak_minute: float
    as_of: date
    overrides: tuple[Override, ...]
    levers: Levers
    week_sd: float = 0.0
    basket_week_sd: float = 0.0
    price_week_sd: float = 0.0


class _Version(msgspec.Struct, frozen=True):
    version: int


def write_paths(joint: JointPaths, path: Path) -> None:
    """Write the set; the same set gives the same bytes."""
    forecast, spread, factors = joint.forecast, joint.spread, joint.products.factors
    header = _Header(
        version=VERSION,
        seed=joint.seed,
        first=forecast.season.first,
        days=forecast.season.days,
        timezone=forecast.season.timezone,
        products=[(product.sku, product.category, product.price_minor) for product in forecast.products],
        groups=list(factors.names),
        **{name: getattr(spread, name) for name in _SDS},
        learned_on=spread.learned_on,
        peak_minute=joint.totals.peak_minute,
        as_of=joint.edits.as_of,
        overrides=joint.edits.overrides,
        levers=joint.edits.levers,
    )
    arrays: dict[str, NDArray[Any]] = {
        "header": np.frombuffer(msgspec.json.encode(header), dtype=np.uint8),
        **{name: getattr(factors, name) for name in _FACTORS},
        "sum_units": joint.sums.units,
        "sum_revenue": joint.sums.revenue,
        "sum_demand": joint.sums.demand,
    }
    arrays |= {f"forecast_{name}": getattr(forecast, name) for name in _FORECAST}
    arrays |= {f"spread_{name}": getattr(spread, name) for name in _SPREAD}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_paths(path: Path, *, workers: int = WORKERS) -> JointPaths:
    """Read a set; raises InvalidPeakInput for a file that is none, or of another version."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = _header(arrays["header"].tobytes())
        return _joint(header, arrays, workers)
    except (BadZipFile, KeyError, TypeError, ValueError, EOFError, msgspec.DecodeError) as problem:
        mistake = Mistake(where=path.name, rule="no_paths_file", message=f"this is no file of paths: {problem}")
        raise InvalidPeakInput.of([mistake]) from problem
    except _OtherVersion as problem:
        mistake = Mistake(where=path.name, rule="other_version", message=str(problem))
        raise InvalidPeakInput.of([mistake]) from problem


class _OtherVersion(Exception):
    """The file is of another version of the format."""


def _header(encoded: bytes) -> _Header:
    found = msgspec.json.decode(encoded, type=_Version).version
    if found != VERSION:
        message = f"the file is of version {found}, this release draws version {VERSION}: make the paths again"
        raise _OtherVersion(message)
    return msgspec.json.decode(encoded, type=_Header)


def _joint(header: _Header, arrays: dict[str, NDArray[Any]], workers: int) -> JointPaths:
    forecast = Forecast(
        season=Season(first=header.first, days=header.days, timezone=header.timezone),
        products=tuple(Product(sku=sku, category=group, price_minor=price) for sku, group, price in header.products),
        **{name: arrays[f"forecast_{name}"] for name in _FORECAST},
    )
    spread = Spread(
        learned_on=header.learned_on,
        product_sd=arrays["spread_product_sd"],
        dispersion=arrays["spread_dispersion"],
        **{name: getattr(header, name) for name in _SDS},
    )
    edits = Edits(as_of=header.as_of, overrides=header.overrides, levers=header.levers)
    factors = Factors(names=tuple(header.groups), **{name: arrays[name] for name in _FACTORS})
    products = drawn_products(forecast, spread, factors, edits=edits, seed=header.seed, workers=workers)
    sums = Sums(units=arrays["sum_units"], revenue=arrays["sum_revenue"], demand=arrays["sum_demand"])
    totals = totals_of(forecast, sums, factors, edits=edits, seed=header.seed, peak_minute=header.peak_minute)
    return JointPaths(forecast=forecast, spread=spread, edits=edits, totals=totals, products=products, sums=sums)
