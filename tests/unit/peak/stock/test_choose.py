from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from springtide.contexts.peak.domain.stock.benefit import Curves
from springtide.contexts.peak.domain.stock.choose import Limits, Offer, choose

STEPS = np.arange(1, 5)
PACK = np.array([2, 3, 1, 5])
COST = np.array([10.0, 4.0, 7.0, 1.0])
FIRST_GAIN = np.array([90.0, 40.0, 30.0, 20.0])
SUPPLIER = np.array([0, 0, 1, 1])
LEVELS = PACK[:, None] * STEPS
BENEFIT = FIRST_GAIN[:, None] * (STEPS - 0.2 * STEPS**2)
OFFER = Offer(
    curves=Curves(levels=LEVELS, benefit=BENEFIT, best=LEVELS[np.arange(4), BENEFIT.argmax(axis=1)]),
    unit_cost=COST,
    unit_volume=np.full(4, 0.5),
    pack=PACK,
    supplier=SUPPLIER,
)
FREE = Limits(
    minimum=np.zeros(2),
    budget=None,
    free=np.full(3, 1000.0),
    lies_there=np.tile([0.0, 1.0, 0.5], (2, 1)),
    overflow_cost=2.0,
    overflow_most=1000.0,
)


def gain(quantity: tuple[int, ...], limits: Limits) -> float:
    """Return what whole packs are worth, minus infinity where a limit is broken."""
    spend = np.bincount(SUPPLIER, weights=quantity * PACK * COST, minlength=2)
    volume = np.bincount(SUPPLIER, weights=quantity * PACK * 0.5, minlength=2) @ limits.lies_there
    if ((spend > 0) & (spend < limits.minimum)).any() or (limits.budget is not None and spend.sum() > limits.budget):
        return -np.inf
    over = np.maximum(volume - limits.free, 0)
    value = sum(float(BENEFIT[at, count - 1]) for at, count in enumerate(quantity) if count)
    return value - float(over.sum()) * limits.overflow_cost if over.max() <= limits.overflow_most else -np.inf


def best_by_trying(limits: Limits) -> float:
    return max(gain(quantity, limits) for quantity in product(range(5), repeat=4))


@pytest.mark.parametrize(
    ("limits", "loss"),
    [
        (FREE, 0.0),
        (replace(FREE, minimum=np.array([90.0, 0.0])), 0.0),
        (replace(FREE, minimum=np.array([0.0, 38.0])), 0.0),
        (replace(FREE, minimum=np.array([500.0, 0.0])), 0.0),
        (replace(FREE, free=np.full(3, 4.0)), 0.0),
        (replace(FREE, budget=60.0), 0.15),  # packs cannot fill the budget to the penny: within 15 % of all tries
        (replace(FREE, budget=60.0, minimum=np.array([30.0, 10.0])), 0.15),
    ],
)
def test_the_purchase_keeps_the_limits_and_no_other_saves_more(limits: Limits, loss: float) -> None:
    purchase = choose(OFFER, limits)
    assert (purchase.quantity % PACK == 0).all()
    found = gain(tuple(purchase.quantity // PACK), limits)
    best = best_by_trying(limits)
    assert best * (1 - loss) - 1e-6 <= found <= best + 1e-6


def test_without_limits_every_product_gets_its_best() -> None:
    assert (choose(OFFER, FREE).quantity == OFFER.curves.best).all()


def test_a_minimum_that_is_worth_it_is_filled_and_one_that_is_not_is_left_out() -> None:
    spend = float((OFFER.curves.best * COST)[:2].sum())
    filled = choose(OFFER, replace(FREE, minimum=np.array([spend + 5, 0.0]))).quantity
    assert (filled * COST)[:2].sum() >= spend + 5
    assert choose(OFFER, replace(FREE, minimum=np.array([10_000.0, 0.0]))).quantity[:2].sum() == 0


def test_what_does_not_fit_lies_outside_and_is_told() -> None:
    purchase = choose(OFFER, replace(FREE, free=np.full(3, 2.0)))
    volume = purchase.quantity.sum() * 0.5
    assert purchase.overflow == pytest.approx(np.maximum(np.array([0, volume, volume / 2]) - 2, 0))


def test_nothing_at_all_is_bought_without_money() -> None:
    assert choose(OFFER, replace(FREE, budget=0.0)).quantity.sum() == 0
