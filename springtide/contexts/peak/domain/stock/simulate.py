"""Any policy replayed on weeks it has not seen: what it would have sold, lost and kept, with nothing made up.

A period runs: goods arrive, demand is sold as far as the shelf reaches, the rest is lost, the policy looks at what is
left and orders, its goods arrive `lead_periods` + 1 periods later. (An order placed at the end of week 0 with a lead
time of two weeks can be sold from the start of week 3.)
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a policy may look at: `period` has ended, `sales` are those before the replay and up to its end.

    `on_hand`: (products,). `pipeline`: (products, lead_periods), what arrives in the next periods, soonest first.
    `sales`: (products, periods so far). `in_stock`: False where the shelf was empty at a period's end (censored).
    """

    period: int
    on_hand: Floats
    pipeline: Floats
    sales: Floats
    in_stock: NDArray[np.bool_]


class Policy(Protocol):
    """State -> units to order of each product, (products,), none below 0."""

    def __call__(self, state: State) -> NDArray[np.int64]:
        """Return the orders of this period's end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The held-out weeks: `demand`, (products, periods), and sales and shelf `before` them, as in `State`.

    `on_hand`: at the start. `pipeline`: what arrives in the first periods, (products, lead_periods + 1); one period
    less where the policy `orders_first`, at the end of the last period before. Money per unit, (products,): `holding`
    of stock at a period's end and `shortage` of a sale lost.
    """

    demand: Floats
    before: Floats
    before_in_stock: NDArray[np.bool_]
    on_hand: Floats
    pipeline: Floats
    holding: Floats
    shortage: Floats
    orders_first: bool = False

    @property
    def lead_periods(self) -> int:
        """Return how many whole periods pass between the end of an order's period and its arrival."""
        return int(self.pipeline.shape[1]) - (not self.orders_first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a policy did, (products, periods) each, and its cost. `stock`: at the end of each period."""

    ordered: NDArray[np.int64]
    received: Floats
    sold: Floats
    lost: Floats
    stock: Floats
    holding_cost: float
    shortage_cost: float

    @property
    def cost(self) -> float:
        """Return holding and shortage together."""
        return self.holding_cost + self.shortage_cost

    @property
    def service(self) -> float:
        """Return the share of what was asked for that was sold."""
        asked = float(self.sold.sum() + self.lost.sum())
        return float(self.sold.sum()) / asked if asked else 1.0


def replay(policy: Policy, world: World) -> Replay:
    """Let a policy run the held-out weeks; raises ValueError when it orders less than nothing.

    Orders that would come after the last period are not asked for.
    """
    products, periods = world.demand.shape
    ordered = np.zeros((products, periods), dtype=np.int64)
    received, sold, stock = (np.zeros((products, periods)) for _ in range(3))
    on_hand, pipeline = world.on_hand.copy(), world.pipeline
    sales, in_stock = world.before, world.before_in_stock
    if world.orders_first:
        first = _ordered(policy, State(period=-1, on_hand=on_hand, pipeline=pipeline, sales=sales, in_stock=in_stock))
        pipeline = np.concatenate([pipeline, first[:, None]], axis=1)
    for period in range(periods):
        received[:, period], pipeline = pipeline[:, 0], pipeline[:, 1:]
        on_hand += received[:, period]
        sold[:, period] = np.minimum(on_hand, world.demand[:, period])
        on_hand -= sold[:, period]
        stock[:, period] = on_hand
        sales = np.concatenate([sales, sold[:, period : period + 1]], axis=1)
        in_stock = np.concatenate([in_stock, on_hand[:, None] > 0], axis=1)
        if period + world.lead_periods + 1 >= periods:
            continue
        state = State(period=period, on_hand=on_hand.copy(), pipeline=pipeline.copy(), sales=sales, in_stock=in_stock)
        ordered[:, period] = _ordered(policy, state)
        pipeline = np.concatenate([pipeline, ordered[:, period : period + 1]], axis=1)
    lost = world.demand - sold
    return Replay(
        ordered=ordered,
        received=received,
        sold=sold,
        lost=lost,
        stock=stock,
        holding_cost=float((stock.sum(axis=1) * world.holding).sum()),
        shortage_cost=float((lost.sum(axis=1) * world.shortage).sum()),
    )


def _ordered(policy: Policy, state: State) -> NDArray[np.int64]:
    orders = policy(state)
    if (orders < 0).any():
        message = f"a policy ordered less than nothing in period {state.period}"
        raise ValueError(message)
    return orders
