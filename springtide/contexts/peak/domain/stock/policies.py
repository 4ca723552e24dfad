"""Policies to replay: our own decision, and the two of the textbooks that it has to beat."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.stock.asked_for import Series
from springtide.contexts.peak.domain.stock.lots import eoq
from springtide.contexts.peak.domain.stock.newsvendor import newsvendor_normal
from springtide.contexts.peak.domain.stock.review import Position, Review, Terms, buy
from springtide.contexts.peak.domain.stock.simulate import Policy, State

_MEMORY = 26
_LEAST_MEAN = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What policies know besides the state: the series' calendar before the replay, prices and pack sizes."""

    history: Series
    terms: Terms
    lead_periods: int


def springtide_policy(shop: Shop, *, paths: int = 500, seed: int = 1) -> Policy:
    """Return the decision of `review.buy`: needs on the paths of the built-in forecast, one review at a time."""
    review = Review(arrives=shop.lead_periods, next_arrives=shop.lead_periods + 1)

    def decide(state: State) -> NDArray[np.int64]:
        history = replace(shop.history, units=state.sales, in_stock=state.in_stock)
        receipts = np.zeros((len(state.on_hand), review.next_arrives), dtype=np.float32)
        receipts[:, : state.pipeline.shape[1]] = state.pipeline
        position = Position(on_hand=state.on_hand.astype(np.float32), receipts=receipts)
        return buy(history, review, position, shop.terms, paths=paths, seed=seed).quantity

    return decide


def base_stock_policy(shop: Shop) -> Policy:
    """Return order-up-to with normal safety stock: mean and spread of the last half year, z, and the root of time."""

    def decide(state: State) -> NDArray[np.int64]:
        mean, sd = _recent(state)
        level = _each(
            lambda at: (
                newsvendor_normal(
                    holding=float(shop.terms.holding[at]),
                    shortage=float(shop.terms.shortage[at]),
                    mean=float(mean[at]),
                    sd=float(sd[at]),
                    lead_time=shop.lead_periods,
                ).level
            ),
            len(mean),
        )
        return _in_packs(level - _position(state), shop)

    return decide


def reorder_point_policy(shop: Shop, *, order_cost: float) -> Policy:
    """Return (r, Q): when the position falls to lead-time demand and safety stock, order an economic lot."""

    def decide(state: State) -> NDArray[np.int64]:
        mean, sd = _recent(state)
        lots = _each(
            lambda at: (
                eoq(
                    order_cost=order_cost,
                    holding=float(shop.terms.holding[at]),
                    demand=max(float(mean[at]), _LEAST_MEAN),
                ).quantity
            ),
            len(mean),
        )
        protected = shop.lead_periods + 1
        point = mean * protected + 1.0 * sd * sqrt(protected)
        missing = point - _position(state)
        return _in_packs(np.where(missing >= 0, np.maximum(lots, missing), 0.0), shop)

    return decide


def _recent(state: State) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    recent = state.sales[:, -_MEMORY:]
    return recent.mean(axis=1), recent.std(axis=1)


def _position(state: State) -> NDArray[np.float64]:
    position: NDArray[np.float64] = state.on_hand + state.pipeline.sum(axis=1)
    return position


def _each(level: Callable[[int], float], products: int) -> NDArray[np.float64]:
    return np.fromiter((level(at) for at in range(products)), dtype=np.float64, count=products)


def _in_packs(units: NDArray[np.float64], shop: Shop) -> NDArray[np.int64]:
    packs = np.ceil(np.maximum(units, 0.0) / shop.terms.pack - 1e-9)
    return (packs * shop.terms.pack).astype(np.int64)
