"""Which gateway takes what: a linear programme over shares of orders, solved by HiGHS.

Least cost subject to the limits, twice: with all gateways, where each is used to at most `HEADROOM` of its limit, and
for each gateway lost, where the others may use their whole limit. A limit that is too small is raised by a variable of
its own, at a price above any fee: so the answer says how much has to be asked for instead of that nothing works.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from springtide.contexts.peak.domain.gateways.attempts import PaymentClass
from springtide.contracts.peak.company import Gateway
from springtide.contracts.peak.errors import Infeasible, Mistake

HEADROOM = 0.7
"""Plan for at most this part of a limit: the rest takes over from a gateway that is gone, and what was not foreseen."""

_PER_ASKED = 1e3  # for a request a second more of a limit, in minor units per order: above any fee
_PER_UNCOVERED = 1e7  # for the share of orders nobody can take: above any number of limits
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What the programme weighs: orders a second to plan for, an order's value and what is lost with a decline.

    Money in minor units; `margin_minor`: earned on an order.
    """

    orders_per_s: float
    order_minor: float
    margin_minor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Shares of all orders by gateway and class, (gateways, classes); in `lost` for each gateway gone, in their order.

    `asked`: requests a second each limit has to grow by. `uncovered`: (gateways, classes), shares nobody takes.
    """

    shares: NDArray[np.float64]
    lost: tuple[NDArray[np.float64], ...]
    uncovered: NDArray[np.float64]
    asked: NDArray[np.float64]


def fee_minor(gateway: Gateway, rates: Rates) -> float:
    """Return what an order costs at a gateway: fees of what is authorised, and the margin of what it declines."""
    authorised = float(gateway.authorisation_rate.value) / 100.0
    fees = float(gateway.fixed_fee.value) + float(gateway.percent_fee.value) / 100.0 * rates.order_minor
    return authorised * fees + (1.0 - authorised) * rates.margin_minor


def takes(gateway: Gateway, paid: PaymentClass) -> bool:
    """Say whether a gateway has the method in the country."""
    return paid.method in gateway.methods and paid.country in gateway.countries


def split(gateways: Sequence[Gateway], classes: Sequence[PaymentClass], rates: Rates) -> Split:
    """Return the cheapest shares; raises Infeasible when the agreed shares of gateways leave no plan."""
    programme = _Programme(gateways, classes, rates)
    solved = linprog(
        programme.cost(),
        A_ub=programme.upper,
        b_ub=programme.upper_bounds,
        A_eq=programme.equal,
        b_eq=programme.equal_bounds,
        bounds=(0, None),
        method="highs",
    )
    if solved.status != 0:
        limits = ", ".join(f"{gateway.id} at most {gateway.share_limit.value} %" for gateway in gateways)
        raise Infeasible.of(
            [Mistake(where="gateways.toml: share_limit", rule="shares_too_small", message=f"no split keeps {limits}")]
        )
    return programme.read(np.where(solved.x < _NOTHING, 0.0, solved.x))


class _Programme:
    """The columns: shares with all gateways, shares without each of them, uncovered shares, asked limits."""

    def __init__(self, gateways: Sequence[Gateway], classes: Sequence[PaymentClass], rates: Rates) -> None:
        self.gateways, self.classes, self.rates = gateways, classes, rates
        g, c = len(gateways), len(classes)
        self.g, self.c = g, c
        self.width = (1 + g) * g * c + g * c + g
        self.upper: list[NDArray[np.float64]] = []
        self.upper_bounds: list[float] = []
        self.equal: list[NDArray[np.float64]] = []
        self.equal_bounds: list[float] = []
        for lost in range(-1, g):
            self._everything_is_paid(lost)
            self._limits_are_kept(lost)
        self._agreed_shares_are_kept()
        self._nobody_takes_what_he_cannot()

    def at(self, lost: int, gateway: int, paid: int) -> int:
        """Return the column of a share; lost -1: with all gateways."""
        return ((1 + lost) * self.g + gateway) * self.c + paid

    def open_at(self, lost: int, paid: int) -> int:
        """Return the column of the share nobody takes when a gateway is lost."""
        return (1 + self.g) * self.g * self.c + lost * self.c + paid

    def asked_at(self, gateway: int) -> int:
        """Return the column of what a limit has to grow by."""
        return self.width - self.g + gateway

    def cost(self) -> NDArray[np.float64]:
        cost = np.zeros(self.width)
        per_loss = 1.0 / (100.0 * self.g)  # a loss is rare: its fees decide only between equals
        for gateway in range(self.g):
            fee = fee_minor(self.gateways[gateway], self.rates)
            cost[self.asked_at(gateway)] = _PER_ASKED
            for paid in range(self.c):
                cost[self.at(-1, gateway, paid)] = fee
                cost[self.open_at(gateway, paid)] = _PER_UNCOVERED
                for lost in range(self.g):
                    cost[self.at(lost, gateway, paid)] = fee * per_loss
        return cost

    def _everything_is_paid(self, lost: int) -> None:
        for paid, wanted in enumerate(self.classes):
            row = np.zeros(self.width)
            for gateway in range(self.g):
                row[self.at(lost, gateway, paid)] = 0.0 if gateway == lost else 1.0
            if lost >= 0:
                row[self.open_at(lost, paid)] = 1.0
            self.equal.append(row)
            self.equal_bounds.append(wanted.share)

    def _limits_are_kept(self, lost: int) -> None:
        room = HEADROOM if lost < 0 else 1.0
        for gateway, terms in enumerate(self.gateways):
            row = np.zeros(self.width)
            for paid, wanted in enumerate(self.classes):
                row[self.at(lost, gateway, paid)] = wanted.requests * self.rates.orders_per_s
            row[self.asked_at(gateway)] = -room
            self.upper.append(row)
            self.upper_bounds.append(room * float(terms.rate_limit.value))

    def _agreed_shares_are_kept(self) -> None:
        for gateway, terms in enumerate(self.gateways):
            row = np.zeros(self.width)
            row[[self.at(-1, gateway, paid) for paid in range(self.c)]] = 1.0
            self.upper.append(row)
            self.upper_bounds.append(float(terms.share_limit.value) / 100.0)

    def _nobody_takes_what_he_cannot(self) -> None:
        row = np.zeros(self.width)
        for lost in range(-1, self.g):
            for gateway, terms in enumerate(self.gateways):
                for paid, wanted in enumerate(self.classes):
                    if gateway == lost or not takes(terms, wanted):
                        row[self.at(lost, gateway, paid)] = 1.0
        self.equal.append(row)
        self.equal_bounds.append(0.0)

    def read(self, solved: NDArray[np.float64]) -> Split:
        shares = solved[: (1 + self.g) * self.g * self.c].reshape(1 + self.g, self.g, self.c)
        uncovered = solved[shares.size : shares.size + self.g * self.c].reshape(self.g, self.c)
        return Split(shares=shares[0], lost=tuple(shares[1:]), uncovered=uncovered, asked=solved[-self.g :])
