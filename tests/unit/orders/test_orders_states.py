"""The three tables of derived states, as printed, and every row of each reachable."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.orders.domain.states import (
    FULFILMENT_STATES,
    ORDER_STATES,
    PAYMENT_STATES,
    MoneyMoved,
    Units,
    derive,
    printed,
)
from springtide.contracts.orders.api import FulfilmentStatus, OrderStatus, PaymentStatus

PRINTED = """\
nothing is wanted any more     -> cancelled
everything wanted was shipped  -> completed
otherwise                      -> open

nothing is wanted any more      -> not_needed
nothing was shipped             -> unfulfilled
less than wanted was shipped    -> partly_fulfilled
all that was shipped came back  -> returned
otherwise                       -> fulfilled

captured, and all of it refunded   -> refunded
captured, and some of it refunded  -> partly_refunded
captured                           -> paid
nothing to pay                     -> paid
authorised                         -> authorised
an authorisation was given back    -> voided
otherwise                          -> unpaid"""


def all_units() -> list[Units]:
    return [
        Units(wanted=wanted, fulfilled=fulfilled, returned=returned)
        for wanted, fulfilled, returned in product(range(4), repeat=3)
        if returned <= fulfilled <= wanted
    ]


def all_money() -> list[MoneyMoved]:
    return [
        MoneyMoved(total=total, authorised=authorised, captured=captured, refunded=refunded, voided=voided)
        for total, authorised, captured, refunded, voided in product(
            (0, 2), (0, 2), (0, 1, 2), (0, 1, 2), (False, True)
        )
        if refunded <= captured
    ]


def test_the_tables_read_as_documented() -> None:
    tables = (printed(ORDER_STATES), printed(FULFILMENT_STATES), printed(PAYMENT_STATES))
    assert PRINTED.replace("  ->", " ->") == "\n\n".join(tables)


def test_every_state_can_be_reached() -> None:
    assert {derive(ORDER_STATES, units) for units in all_units()} == set(OrderStatus)
    assert {derive(FULFILMENT_STATES, units) for units in all_units()} == set(FulfilmentStatus)
    assert {derive(PAYMENT_STATES, money) for money in all_money()} == set(PaymentStatus)


def test_every_row_decides_something() -> None:
    for rules, facts in ((ORDER_STATES, all_units()), (FULFILMENT_STATES, all_units()), (PAYMENT_STATES, all_money())):
        first = {next(index for index, rule in enumerate(rules) if rule.fits(fact)) for fact in facts}  # type: ignore[arg-type]
        assert first == set(range(len(rules)))


@given(st.integers(0, 9), st.integers(0, 9))
def test_status_and_fulfilment_agree(wanted: int, fulfilled: int) -> None:
    units = Units(wanted=max(wanted, fulfilled), fulfilled=fulfilled, returned=0)
    is_open = derive(ORDER_STATES, units) is OrderStatus.OPEN
    waits = {FulfilmentStatus.UNFULFILLED, FulfilmentStatus.PARTLY_FULFILLED}
    assert is_open == (derive(FULFILMENT_STATES, units) in waits)
