"""Quantiles of the joint draws at every level: each level's sums are taken on every path first, ranks come last."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.backtest.choose import weekly
from springtide.contexts.peak.domain.forecast.groups import groups_of
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.paths.totals import rank_of

SHARES = (0.01, 0.1, 0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Quantiles at `SHARES` of one level. `mean`: (keys, cells). `at`: float32 (shares, keys, cells)."""

    keys: tuple[str, ...]
    mean: NDArray[np.float64]
    at: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """By (level, grain): the levels total, category, product and the grains day, week.

    `season`: by name (units, orders, revenue_minor), the whole horizon's total on every path, (paths,).
    """

    levels: dict[tuple[str, str], Quantiles]
    season: dict[str, NDArray[np.float64]]


def drawn_quantiles(joint: JointPaths) -> Drawn:
    """Draw all products once, block by block, and rank what they add up to."""
    products = joint.products
    groups = groups_of(joint.forecast.products)
    weeks = -(-products.season.days // 7)
    by_group = np.zeros((groups.count, products.paths, products.season.days), dtype=np.float32)
    of_day, of_week = [], []
    start = 0
    for block in products.blocks():
        units = block.units
        for row, group in zip(units, groups.of[start : start + units.shape[0]].tolist(), strict=True):
            by_group[group] += row
        start += units.shape[0]
        of_day.append(_ranked(units))
        of_week.append(_ranked(_weekly(units, weeks)))
    skus = tuple(product.sku for product in joint.forecast.products)
    means = joint.products.means.astype(np.float64)
    levels = {
        ("product", "day"): Quantiles(keys=skus, mean=means, at=np.concatenate(of_day, axis=1)),
        ("product", "week"): Quantiles(keys=skus, mean=weekly(means.T).T, at=np.concatenate(of_week, axis=1)),
    }
    group_means = groups.sums(means.T).T
    levels["category", "day"] = Quantiles(keys=groups.names, mean=group_means, at=_ranked(by_group))
    levels["category", "week"] = Quantiles(
        keys=groups.names, mean=weekly(group_means.T).T, at=_ranked(_weekly(by_group, weeks))
    )
    totals = joint.totals
    measures = np.stack([totals.units, totals.daily_orders, totals.revenue_minor]).astype(np.float64)
    forecast = joint.forecast
    top = np.stack([forecast.units.sum(axis=0, dtype=np.float64), forecast.orders, forecast.revenue_minor])
    names = ("units", "orders", "revenue_minor")
    levels["total", "day"] = Quantiles(keys=names, mean=top, at=_ranked(measures))
    levels["total", "week"] = Quantiles(keys=names, mean=weekly(top.T).T, at=_ranked(_weekly(measures, weeks)))
    season = {name: draws.sum(axis=1) for name, draws in zip(names, measures, strict=True)}
    return Drawn(levels=levels, season=season)


def _weekly(daily: NDArray[np.floating], weeks: int) -> NDArray[np.floating]:
    """Add up the weeks of draws, (keys, paths, days) becomes (keys, paths, weeks)."""
    padded = np.pad(daily, ((0, 0), (0, 0), (0, weeks * 7 - daily.shape[2])))
    summed: NDArray[np.floating] = padded.reshape(*daily.shape[:2], weeks, 7).sum(axis=3)
    return summed


def _ranked(draws: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return values by rank over the paths: (keys, paths, cells) becomes (shares, keys, cells)."""
    ranks = [rank_of(share, draws.shape[1]) for share in SHARES]
    at: NDArray[np.float32] = np.partition(draws, ranks, axis=1)[:, ranks].transpose(1, 0, 2).astype(np.float32)
    return at
