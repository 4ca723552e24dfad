"""The verdict of a drill finds every lie: about orders, money, units, answers and what never ended."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from springtide.contracts.checkout.api import ProcessRow, Step
from springtide.contracts.orders.api import OrderMoney
from springtide.rehearsal.drill.gateway import Taken
from springtide.rehearsal.drill.goods import SCARCE
from springtide.rehearsal.drill.record import Purchase, Record
from springtide.rehearsal.drill.verdict import Facts, compare, unfinished

CHECKOUT = UUID(int=1)
ATTEMPT = "attempt-1"
TOTAL = 1_234


def bought(**changes: object) -> Purchase:
    fields = {
        "buyer": 0,
        "method": "card",
        "lines": (("D-07", 1),),
        "total_minor": TOTAL,
        "currency": "EUR",
        "cart_id": "cart",
        "token": "token",
        "asked": ({}, "key"),
        "payment_id": "pay_1",
    }
    return Purchase(**{**fields, **changes})


def answer(step: str = "completed", number: str = "DR-1", checkout_id: UUID = CHECKOUT) -> dict[str, object]:
    return {"step": step, "checkout_id": str(checkout_id), "order_number": number}


def order(**changes: object) -> OrderMoney:
    fields = {
        "order_id": CHECKOUT,
        "number": "DR-1",
        "currency": "EUR",
        "total_minor": TOTAL,
        "adjusted_minor": 0,
        "authorised_minor": TOTAL,
        "captured_minor": TOTAL,
        "refunded_minor": 0,
        "unshipped": (),
        "attempt_id": None,
    }
    return OrderMoney(**{**fields, **changes})


class Story:
    """One buyer who bought by card: everything agrees until a test changes something."""

    def __init__(self) -> None:
        self.purchase = bought()
        self.record = Record(purchases=[self.purchase])
        self.facts = Facts()
        self.facts.orders[str(CHECKOUT)] = order()
        self.facts.checkout_of[ATTEMPT] = str(CHECKOUT)
        self.facts.methods[str(CHECKOUT)] = "card"
        self.ledger = {"pay_1": Taken(ATTEMPT, authorised_minor=TOTAL, captured_minor=TOTAL)}
        self.record.hear(self.purchase, answer())

    def rules(self) -> set[str]:
        return {finding.rule for finding in compare(self.record, self.facts, self.ledger).findings}


@pytest.fixture
def story() -> Story:
    return Story()


def test_nothing_is_found_where_all_is_well(story: Story):
    assert story.rules() == set()


def test_an_order_that_is_gone(story: Story):
    story.facts.orders.clear()
    assert "a success answer has its order" in story.rules()


@pytest.mark.parametrize("changes", [{"total_minor": TOTAL + 1}, {"number": "DR-2"}, {"currency": "GBP"}])
def test_an_order_that_is_not_what_was_agreed(story: Story, changes: dict[str, object]):
    story.facts.orders[str(CHECKOUT)] = order(**changes)
    assert "a success answer has its order" in story.rules()


def test_a_success_that_is_taken_back(story: Story):
    story.record.hear(story.purchase, answer("undone", ""))
    assert "a success answer is never taken back" in story.rules()


def test_a_success_with_another_number(story: Story):
    story.record.hear(story.purchase, answer(number="DR-9"))
    assert story.rules() == {"a success answer is never taken back"}


def test_a_charge_that_nobody_knows(story: Story):
    story.ledger["pay_2"] = Taken("a-stranger", authorised_minor=5)
    assert story.rules() == {"every charge is known"}


def test_two_charges_for_one_order(story: Story):
    story.facts.checkout_of["attempt-2"] = str(CHECKOUT)
    story.ledger["pay_2"] = Taken("attempt-2", authorised_minor=TOTAL)
    assert story.rules() == {"the gateway keeps what the order asks for"}


def test_two_gateways_charged_for_one_attempt(story: Story):
    story.ledger["pay_2"] = Taken(ATTEMPT, authorised_minor=TOTAL)
    assert story.rules() == {"the gateway keeps what the order asks for"}


def test_one_sum_in_two_charges(story: Story):
    story.facts.checkout_of["attempt-2"] = str(CHECKOUT)
    story.ledger["pay_1"] = Taken(ATTEMPT, authorised_minor=TOTAL - 4)
    story.ledger["pay_2"] = Taken("attempt-2", authorised_minor=4)
    assert story.rules() == {"the gateway keeps what the order asks for"}


def test_an_order_without_a_charge(story: Story):
    story.ledger.clear()
    assert story.rules() == {"the gateway keeps what the order asks for"}


def test_an_order_on_invoice_needs_no_charge(story: Story):
    story.ledger.clear()
    story.facts.methods[str(CHECKOUT)] = "invoice"
    assert story.rules() == set()


def test_a_cancelled_order_whose_money_stays(story: Story):
    story.facts.orders[str(CHECKOUT)] = order(adjusted_minor=-TOTAL)
    assert story.rules() == {"the gateway keeps what the order asks for"}
    story.ledger["pay_1"].refunded_minor = TOTAL
    assert story.rules() == set()


def test_money_kept_without_an_order(story: Story):
    story.facts.orders.clear()
    story.purchase.success = None
    story.record.successes.clear()
    story.purchase.told = ["undone"]
    assert story.rules() == {"the gateway keeps what the order asks for"}
    story.ledger["pay_1"].voided_minor = TOTAL
    assert story.rules() == set()


def test_money_given_back_without_a_word(story: Story):
    story.facts.orders.clear()
    story.purchase.success = None
    story.record.successes.clear()
    story.purchase.told = ["declined"]
    story.ledger["pay_1"].voided_minor = TOTAL
    assert story.rules() == {"who paid was told what became of it"}


def test_money_booked_for_somebody_else(story: Story):
    other = str(UUID(int=2))
    story.facts.checkout_of[ATTEMPT] = other
    story.facts.orders[other] = order(order_id=UUID(int=2))
    assert "who paid was told what became of it" in story.rules()


def test_more_sold_than_owned(story: Story):
    sku, owned = next(iter(SCARCE.items()))
    story.purchase.lines = ((sku, owned),)
    assert story.rules() == set()
    story.purchase.lines = ((sku, owned + 1),)
    assert story.rules() == {"units sold ≤ units owned"}
    story.record.cancelled.add(story.purchase.order_id)
    assert story.rules() == set()


def test_what_was_seen_broken_is_told(story: Story):
    story.record.broken.append(("same key, same answer", "x", "first a, then b"))
    assert story.rules() == {"same key, same answer"}


def process(step: Step) -> ProcessRow:
    return ProcessRow(
        checkout_id=CHECKOUT,
        cart_id=CHECKOUT,
        step=step,
        attempt_id=None,
        total_minor=TOTAL,
        currency="EUR",
        updated_at=datetime(2026, 11, 22, tzinfo=UTC),
        reason="",
    )


def test_what_has_not_ended(story: Story):
    story.facts.processes[str(CHECKOUT)] = process(Step.COMPLETED)
    assert unfinished(story.facts) == {}
    story.facts.processes[str(CHECKOUT)] = process(Step.UNKNOWN)
    story.facts.open.append(str(CHECKOUT))
    story.facts.held["D-01"] = 2
    assert unfinished(story.facts) == {"process at unknown": 1, "payment open": 1, "units held": 2}
    assert story.rules() == {"everything comes to an end"}
