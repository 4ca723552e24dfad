"""The table of an attempt's states, and a gateway's words in any order."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.payments.domain.attempt import (
    GIVEN_UP,
    LIVE,
    MONEY,
    TRANSITIONS,
    ImpossibleTransition,
    Standing,
    moved,
    printed_table,
    settle,
)
from springtide.contexts.payments.domain.view import PaymentState, PaymentView, Totals
from springtide.contracts.payments.api import AttemptState, LedgerKind
from springtide.sandbox import model
from springtide.sandbox.model import Payment, Refused

START = Standing(state=AttemptState.STARTING, totals=Totals())


def view(state: PaymentState, **sums: int) -> PaymentView:
    return PaymentView(provider_ref="p", merchant_reference="r", state=state, amount_minor=1000, currency="EUR", **sums)


def test_every_state_has_a_row_and_no_state_goes_back_to_starting() -> None:
    assert set(TRANSITIONS) == set(AttemptState)
    assert all(AttemptState.STARTING not in to for to in TRANSITIONS.values())
    assert not LIVE & GIVEN_UP
    assert printed_table().count("\n") == len(AttemptState) - 1


@pytest.mark.parametrize("state", sorted(AttemptState))
def test_a_row_that_is_not_there_is_impossible(state: AttemptState) -> None:
    for to in set(AttemptState) - TRANSITIONS[state]:
        with pytest.raises(ImpossibleTransition):
            moved(state, to)


@pytest.mark.parametrize(
    ("said", "state", "entries"),
    [
        (view(PaymentState.AWAITING_BUYER), AttemptState.AWAITING_BUYER, []),
        (view(PaymentState.DECLINED), AttemptState.DECLINED, []),
        (view(PaymentState.EXPIRED), AttemptState.EXPIRED, []),
        (view(PaymentState.VOIDED), AttemptState.CLOSED, []),
        (view(PaymentState.AUTHORISED, authorised_minor=1000), AttemptState.AUTHORISED, [("authorised", 1000)]),
        (
            view(PaymentState.CAPTURED, captured_minor=1000),
            AttemptState.CAPTURED,
            [("authorised", 1000), ("captured", 1000)],
        ),
        (
            view(PaymentState.CAPTURED, captured_minor=400, released_minor=600, refunded_minor=400),
            AttemptState.REFUNDED,
            [("authorised", 1000), ("captured", 400), ("refunded", 400), ("voided", 600)],
        ),
    ],
)
def test_the_first_word_of_a_gateway(said: PaymentView, state: AttemptState, entries: list[tuple[str, int]]) -> None:
    settled = settle(START, said)
    assert settled is not None
    assert (settled.state, list(settled.entries), settled.late) == (state, entries, False)


def test_a_cancelled_authorisation_is_released_also_where_the_gateway_forgets_its_sums() -> None:
    held = Standing(state=AttemptState.AUTHORISED, totals=Totals(authorised_minor=1000))
    settled = settle(held, view(PaymentState.VOIDED))
    assert settled is not None
    assert (settled.state, settled.entries) == (AttemptState.VOIDED, ((LedgerKind.VOIDED, 1000),))


@pytest.mark.parametrize("state", sorted(GIVEN_UP))
def test_money_after_giving_up_is_late(state: AttemptState) -> None:
    settled = settle(Standing(state=state, totals=Totals()), view(PaymentState.AUTHORISED, authorised_minor=1000))
    assert settled is not None
    assert (settled.state, settled.late) == (AttemptState.AUTHORISED, True)


def test_an_ending_attempt_that_is_closed_at_the_gateway_is_called_as_it_was_meant() -> None:
    ending = Standing(state=AttemptState.AWAITING_BUYER, totals=Totals(), ending="expired")
    settled = settle(ending, view(PaymentState.VOIDED))
    assert settled is not None
    assert settled.state is AttemptState.EXPIRED


CHANGES = {
    "approve": lambda payment, _: model.approve(payment),
    "late": lambda payment, _: model.approve(payment, late=True),
    "decline": lambda payment, _: model.decline(payment, "issuer_declined"),
    "expire": lambda payment, _: model.expire(payment),
    "capture": model.capture,
    "void": lambda payment, _: model.void(payment),
    "refund": model.refund,
}


def words_of_a_gateway(capture: str, steps: list[tuple[str, int]]) -> list[PaymentView]:
    """What a real gateway would say over the life of a payment, oldest first."""
    fields = {
        "id": "p", "account": "a", "merchant_reference": "r", "method": "card", "amount_minor": 1000,
        "currency": "EUR", "capture": capture, "return_url": "http://s", "page_token": "t", "created_at": 0.0,
    }  # fmt: skip
    payment = msgspec.convert(fields, Payment)
    said = [payment]
    for name, amount in steps:
        try:
            said.append(CHANGES[name](said[-1], amount).payment)
        except Refused:
            continue
    return [
        PaymentView(
            provider_ref=payment.id,
            merchant_reference="r",
            state=PaymentState(payment.status),
            amount_minor=1000,
            currency="EUR",
            authorised_minor=payment.authorised_minor,
            captured_minor=payment.captured_minor,
            refunded_minor=payment.refunded_minor,
            released_minor=payment.released_minor,
            late=payment.late,
        )
        for payment in said
    ]


@settings(max_examples=300)
@given(
    capture=st.sampled_from(["manual", "automatic"]),
    steps=st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(1, 1200)), max_size=8),
    order=st.lists(st.integers(0, 8), max_size=12),
)
def test_words_in_any_order_and_number_end_where_the_gateway_stands(
    capture: str, steps: list[tuple[str, int]], order: list[int]
) -> None:
    said = words_of_a_gateway(capture, steps)
    heard = [said[place % len(said)] for place in order] + [said[-1]]
    standing, booked = START, Totals()
    for word in heard:
        settled = settle(standing, word)
        if settled is None:
            continue
        standing = Standing(state=settled.state, totals=settled.totals)
        booked = book(booked, settled.entries)
        assert booked == settled.totals
        assert 0 <= booked.refunded_minor <= booked.captured_minor
        assert booked.captured_minor + booked.released_minor <= booked.authorised_minor <= 1000
    last = said[-1]
    assert (booked.captured_minor, booked.refunded_minor, booked.released_minor) == (
        last.captured_minor,
        last.refunded_minor,
        last.released_minor,
    )
    assert (standing.state in MONEY) == (
        last.authorised_minor - last.released_minor > 0
        and not (
            last.captured_minor == last.refunded_minor
            and last.authorised_minor == last.captured_minor + last.released_minor
        )
    )
    assert settle(standing, last) is None


def book(booked: Totals, entries: tuple[tuple[LedgerKind, int], ...]) -> Totals:
    names = {
        LedgerKind.AUTHORISED: "authorised_minor",
        LedgerKind.CAPTURED: "captured_minor",
        LedgerKind.REFUNDED: "refunded_minor",
        LedgerKind.VOIDED: "released_minor",
    }
    for kind, amount in entries:
        assert amount > 0
        booked = msgspec.structs.replace(booked, **{names[kind]: getattr(booked, names[kind]) + amount})
    return booked
