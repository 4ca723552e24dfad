"""The three derived states of an order, each from a table that a merchant can read: the first row that fits decides.

`printed(ORDER_STATES)` gives a table as text.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import msgspec

from springtide.contexts.orders.domain.counts import Line
from springtide.contracts.orders.api import FulfilmentStatus, OrderStatus, PaymentStatus

Facts = TypeVar("Facts")
State = TypeVar("State")


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an order over all its lines. `wanted`: ordered and not cancelled."""

    wanted: int
    fulfilled: int
    returned: int


class MoneyMoved(msgspec.Struct, frozen=True, kw_only=True):
    """What moved, in minor units, as payments told. `authorised` is without what was given back (`voided`)."""

    total: int
    authorised: int
    captured: int
    refunded: int
    voided: bool


class Rule(msgspec.Struct, Generic[Facts, State], frozen=True):
    """One row: when `fits`, the state is `state`; `when` says the same in words."""

    when: str
    fits: Callable[[Facts], bool]
    state: State


ORDER_STATES: tuple[Rule[Units, OrderStatus], ...] = (
    Rule("nothing is wanted any more", lambda units: units.wanted == 0, OrderStatus.CANCELLED),
    Rule("everything wanted was shipped", lambda units: units.fulfilled >= units.wanted, OrderStatus.COMPLETED),
    Rule("otherwise", lambda _: True, OrderStatus.OPEN),
)

FULFILMENT_STATES: tuple[Rule[Units, FulfilmentStatus], ...] = (
    Rule("nothing is wanted any more", lambda units: units.wanted == 0, FulfilmentStatus.NOT_NEEDED),
    Rule("nothing was shipped", lambda units: units.fulfilled == 0, FulfilmentStatus.UNFULFILLED),
    Rule(
        "less than wanted was shipped", lambda units: units.fulfilled < units.wanted, FulfilmentStatus.PARTLY_FULFILLED
    ),
    Rule("all that was shipped came back", lambda units: units.returned >= units.fulfilled, FulfilmentStatus.RETURNED),
    Rule("otherwise", lambda _: True, FulfilmentStatus.FULFILLED),
)

PAYMENT_STATES: tuple[Rule[MoneyMoved, PaymentStatus], ...] = (
    Rule(
        "captured, and all of it refunded",
        lambda money: 0 < money.captured <= money.refunded,
        PaymentStatus.REFUNDED,
    ),
    Rule(
        "captured, and some of it refunded",
        lambda money: money.captured > 0 < money.refunded,
        PaymentStatus.PARTLY_REFUNDED,
    ),
    Rule("captured", lambda money: money.captured > 0, PaymentStatus.PAID),
    Rule("nothing to pay", lambda money: money.total == 0, PaymentStatus.PAID),
    Rule("authorised", lambda money: money.authorised > 0, PaymentStatus.AUTHORISED),
    Rule("an authorisation was given back", lambda money: money.voided, PaymentStatus.VOIDED),
    Rule("otherwise", lambda _: True, PaymentStatus.UNPAID),
)


def units_of(lines: Iterable[Line]) -> Units:
    """Add up the counts of all lines."""
    found = list(lines)
    return Units(
        wanted=sum(line.ordered - line.cancelled for line in found),
        fulfilled=sum(line.fulfilled for line in found),
        returned=sum(line.returned for line in found),
    )


def derive(rules: Sequence[Rule[Facts, State]], facts: Facts) -> State:
    """Return the state of the first row that fits."""
    return next(rule.state for rule in rules if rule.fits(facts))


def printed(rules: Sequence[Rule[Facts, State]]) -> str:
    """Return a table as text, one row per line."""
    width = max(len(rule.when) for rule in rules)
    return "\n".join(f"{rule.when:<{width}} -> {rule.state}" for rule in rules)
