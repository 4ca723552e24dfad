"""The buy decision of one review: what to order now, with what is on hand and on order, against what may be asked for.

Time is counted in periods after the history: period 0 follows its last one. An order of this review can be sold from
the start of period `arrives`; one of the next review from the start of period `next_arrives`. What is decided now is
judged by the periods between: before, nothing can be changed any more; after, the next review decides. Each unit that
is in stock at the end of a period costs `holding`, each unit asked for and not there costs `shortage` and is lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.stock.asked_for import Series
from springtide.contexts.peak.domain.stock.benefit import Needs, UnitCosts, best_quantity
from springtide.contexts.peak.domain.stock.forecaster import draw, outlook
from springtide.contexts.peak.domain.stock.needs import walk

PATHS = 1000
BLOCK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """When this order and the next one can be sold, in periods after the history; `next_arrives` is the later one."""

    arrives: int
    next_arrives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`on_hand`: (products,). `receipts`: what arrives by itself, (products, periods up to the next arrival)."""

    on_hand: NDArray[np.float32]
    receipts: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Per product: money per unit (`holding` per period) and how many units a pack holds."""

    holding: NDArray[np.float64]
    shortage: NDArray[np.float64]
    pack: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Per product: units to order, mean demand up to the next arrival, mean units lost without and with the order."""

    quantity: NDArray[np.int64]
    expected_demand: NDArray[np.float64]
    lost_without: NDArray[np.float64]
    lost_with: NDArray[np.float64]


def buy(
    history: Series, review: Review, position: Position, terms: Terms, *, paths: int = PATHS, seed: int = 1
) -> Choice:
    """Return what to order of each product of the history, drawing demand from the built-in forecast."""
    ahead = outlook(history, review.next_arrives, seed=seed)
    parts: list[Choice] = []
    for part in _blocks(len(history.skus)):
        demand = np.stack(
            [
                draw(
                    history.skus[at],
                    ahead.mean[at],
                    lasting=float(ahead.lasting[at]),
                    passing=float(ahead.passing[at]),
                    paths=paths,
                    seed=seed,
                )
                for at in range(part.start, part.stop)
            ]
        )
        parts.append(choose_for(demand, review, _position(position, part), _terms(terms, part)))
    return Choice(
        quantity=np.concatenate([part.quantity for part in parts]),
        expected_demand=np.concatenate([part.expected_demand for part in parts]),
        lost_without=np.concatenate([part.lost_without for part in parts]),
        lost_with=np.concatenate([part.lost_with for part in parts]),
    )


def choose_for(demand: NDArray[np.float32], review: Review, position: Position, terms: Terms) -> Choice:
    """Return what to order against these draws of demand, (products, paths, periods up to the next arrival)."""
    walked = walk(demand, on_hand=position.on_hand, receipts=position.receipts)
    arrives = np.full(demand.shape[1], review.arrives)
    ends = range(review.arrives + 1, review.next_arrives + 1)
    units = np.stack([walked.need(arrives, np.full_like(arrives, end)) for end in ends])
    needs = Needs(units=units, periods=np.ones(len(ends)))
    costs = UnitCosts(shortage=terms.shortage, holding=terms.holding, leftover=np.zeros(len(terms.pack)))
    quantity = best_quantity(needs, costs, terms.pack)
    return Choice(
        quantity=quantity,
        expected_demand=demand.sum(axis=2).mean(axis=1, dtype=np.float64),
        lost_without=units[-1].mean(axis=1, dtype=np.float64),
        lost_with=np.maximum(units[-1] - quantity[:, None], 0).mean(axis=1, dtype=np.float64),
    )


def _blocks(products: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, products)) for start in range(0, products, BLOCK))


def _position(position: Position, part: slice) -> Position:
    return Position(on_hand=position.on_hand[part], receipts=position.receipts[part])


def _terms(terms: Terms, part: slice) -> Terms:
    return Terms(holding=terms.holding[part], shortage=terms.shortage[part], pack=terms.pack[part])
