"""Money of a payment under any order of operations."""

from collections.abc import Callable

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from springtide.sandbox import model
from springtide.sandbox.model import Payment, Refused, Status


def fresh(capture: str) -> Payment:
    return msgspec.convert(
        {
            "id": "p",
            "account": "a",
            "merchant_reference": "r",
            "method": "card",
            "amount_minor": 1000,
            "currency": "EUR",
            "capture": capture,
            "return_url": "http://shop",
            "page_token": "t",
            "created_at": 0.0,
        },
        Payment,
    )


CHANGES: dict[str, Callable[[Payment, int | None], model.Change]] = {
    "approve": lambda payment, _: model.approve(payment),
    "late": lambda payment, _: model.approve(payment, late=True),
    "decline": lambda payment, _: model.decline(payment, "issuer_declined"),
    "expire": lambda payment, _: model.expire(payment),
    "capture": model.capture,
    "void": lambda payment, _: model.void(payment),
    "refund": model.refund,
}


steps = st.lists(st.tuples(st.sampled_from(list(CHANGES)), st.integers(1, 1200) | st.none()), max_size=12)


@given(capture=st.sampled_from(["manual", "automatic"]), steps=steps)
def test_money_adds_up_and_agrees_with_the_ledger(capture: str, steps: list[tuple[str, int | None]]) -> None:
    payment = fresh(capture)
    booked = dict.fromkeys(("authorised", "captured", "voided", "refunded"), 0)
    for name, amount in steps:
        try:
            change = CHANGES[name](payment, amount)
        except Refused:
            continue
        payment = change.payment
        for kind, moved in change.entries:
            assert moved > 0
            booked[kind] += moved
        assert payment.authorised_minor in (0, 1000)
        assert payment.captured_minor + payment.released_minor <= payment.authorised_minor
        assert payment.refunded_minor <= payment.captured_minor
    assert booked == {
        "authorised": payment.authorised_minor,
        "captured": payment.captured_minor,
        "voided": payment.released_minor,
        "refunded": payment.refunded_minor,
    }
    if payment.status in (Status.AWAITING_BUYER, Status.DECLINED, Status.EXPIRED):
        assert payment.captured_minor == 0
