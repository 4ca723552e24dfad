"""A visit, driven by hand: what is sent, what is repeated, what is counted."""

from collections.abc import Callable
from random import Random

import msgspec

from springtide.rehearsal.load import scenario
from springtide.rehearsal.load.buying import Buyer
from springtide.rehearsal.load.plan import Place, Plan
from springtide.rehearsal.load.tally import Tally
from springtide.rehearsal.load.visit import Company, Reply, Send, Wait

Answer = Callable[[Send], tuple[int, object]]
CART = {
    "id": "c1",
    "token": "t1",
    "quote": {"total_minor": 500},
    "payment_methods": [{"key": "invoice"}],
}
DONE = {
    "checkout_id": "o1",
    "order_id": "o1",
    "order_token": "t2",
    "total_minor": 500,
    "step": "completed",
    "method": "invoice",
}


def company() -> Company:
    _, smoke = scenario.load("smoke")
    payment = {"NL": {"invoice": 1.0}}
    smoke = msgspec.structs.replace(
        smoke, patience_s=3.0, markets={"NL": 1.0}, payment=payment, tries=1.0, repeat_share=1.0
    )
    place = Place(
        market="NL",
        language="nl",
        prefix="/nl-nl",
        country="NL",
        shipping="standard",
        slugs=("a", "b"),
        skus=("A", "B"),
        weights=(2.0, 1.0),
        categories=("cats",),
        words=("word",),
    )
    plan = Plan(
        run="r",
        key="smoke",
        scenario=smoke,
        url="http://127.0.0.1:1",
        token="rehearsal-token",
        email="rehearsal-r@springtide.example",
        places=(place,),
        lines={1: 1},
        units={1: 1},
        workers=1,
        seed=1,
    )
    found = Company(plan, Tally(), began_s=0.0)
    always = dict.fromkeys(("cart_to_details", "details_to_payment", "payment_to_order"), 1.0)
    found.traffic = msgspec.structs.replace(found.traffic, bounce=0.0, **always)
    return found


def drive(company: Company, answer: Answer) -> list[Send]:
    steps, sent, now, reply = Buyer(company, Random(4)).visit(), [], 0.0, None
    while True:
        try:
            step = steps.send(reply)
        except StopIteration:
            return sent
        if isinstance(step, Wait):
            now += step.seconds
            reply = None
            continue
        status, body = answer(step)
        sent.append(step)
        reply = Reply(status=status, body=msgspec.json.encode(body), began_s=now, ended_s=now + 0.05)
        now += 0.05


def shop(send: Send) -> tuple[int, object]:
    if send.kind == "cart":
        return 201, CART
    return 200, {"details": CART, "complete": DONE, "order": {"total_minor": 500}}.get(send.kind, {})


def test_a_purchase_is_looked_at_again_and_pressed_twice() -> None:
    shared = company()
    sent = drive(shared, shop)
    assert [send.kind for send in sent][-5:] == ["cart", "details", "complete", "complete", "order"]
    cart, first, again = sent[-5], sent[-3], sent[-2]
    assert cart.headers["Springtide-Rehearsal"] == "rehearsal-token"
    assert (first.body, first.headers) == (again.body, again.headers)
    assert b"rehearsal-r@springtide.example" in sent[-4].body
    assert (shared.tally.outcomes["completed"], shared.tally.outcomes["tried to buy"]) == (1, 1)
    assert (shared.tally.checked, shared.tally.broken) == (1, [])


def test_two_orders_for_one_key_are_a_broken_promise() -> None:
    shared, count = company(), iter(range(9))

    def two(send: Send) -> tuple[int, object]:
        return (200, {**DONE, "order_id": f"o{next(count)}"}) if send.kind == "complete" else shop(send)

    drive(shared, two)
    assert [each.rule for each in shared.tally.broken] == ["pressed twice, bought once"]


def test_an_order_that_is_not_there_or_costs_something_else_is_a_broken_promise() -> None:
    for answer in ((404, {"code": "order_not_found"}), (200, {"total_minor": 499})):
        shared = company()
        drive(shared, lambda send, answer=answer: answer if send.kind == "order" else shop(send))
        assert [each.rule for each in shared.tally.broken] == ["every success has its order"]


def test_a_shop_that_says_later_is_asked_again_with_the_same_key_and_the_wait_counts() -> None:
    shared, carts = company(), []

    def busy(send: Send) -> tuple[int, object]:
        if send.kind != "cart":
            return shop(send)
        carts.append(send.headers["Idempotency-Key"])
        return (503, {"code": "unavailable"}) if len(carts) < 3 else (201, CART)

    drive(shared, busy)
    assert len(carts) == 3
    assert len(set(carts)) == 1
    kind = shared.tally.kinds["cart"]
    assert (kind.times.count, kind.asked_again, kind.failed) == (1, 2, 0)
    assert (kind.times.ms(0.5) or 0) > 300


def test_a_shop_that_never_answers_is_a_failed_try() -> None:
    shared = company()
    drive(shared, lambda send: (0, {}) if send.kind == "cart" else shop(send))
    assert shared.tally.kinds["cart"].errors == {"no answer": 1}
    assert shared.tally.outcomes["not completed: no answer"] == 1
    assert "completed" not in shared.tally.outcomes


def test_what_is_sold_out_is_no_failed_try() -> None:
    shared = company()
    drive(shared, lambda send: (409, {"code": "sold_out"}) if send.kind == "cart" else shop(send))
    assert shared.tally.outcomes.get("sold out") == 1
    assert "tried to buy" not in shared.tally.outcomes
