"""One checkout is one trace: through five processes, to the gateway and back, and on with the events."""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import httpx2
import pytest
from fakes.otlp import Receiver, Seen
from fakes.serving import served
from system.buyer import Buyer
from system.shop import FIVE, RunningShop, running_shop

from springtide.platform.embedded.engines import Engines
from springtide.settings import Traces

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/30", "cvc": "123"}
PROCESSES = 5
WANTED = (
    "ask checkout.complete",
    "checkout.complete",
    "lane checkout",
    "inventory.hold",
    "lane inventory",
    "payments.start",
    "POST 127.0.0.1",
    "payments.message",
    "publish payments.attempt_changed",
    "checkout.attempt_changed",
    "inventory.claim",
    "orders.place",
    "lane orders",
    "publish orders.placed",
    "orders takes orders.placed",
)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def traced_shop(engines: Engines, receiver: Receiver) -> Iterator[RunningShop]:
    with served(lambda _: receiver) as origin:
        traces = Traces(endpoint=origin, headers={"api-key": "of-the-receiver"}, share=1.0)
        with running_shop(engines, FIVE, traces=traces) as shop:
            yield shop


def trace_of_the_purchase(spans: list[Seen]) -> list[Seen]:
    """Return the spans of the trace that began with the buyer's word."""
    bought = [span.trace for span in spans if span.name == "POST /api/carts/{cart_id}/complete"]
    return [span for span in spans if bought and span.trace == bought[0]]


def is_whole(spans: list[Seen]) -> bool:
    """Every process sends its spans in its own time: wait until none is missing."""
    ours = trace_of_the_purchase(spans)
    if not any(span.name == "POST /webhooks/{gateway}" for span in spans):
        return False
    known = {span.span for span in ours}
    return set(WANTED) <= {span.name for span in ours} and all(span.parent in known for span in ours if span.parent)


async def test_one_checkout_is_one_trace_through_five_processes(traced_shop: RunningShop, receiver: Receiver):
    async with httpx2.AsyncClient(base_url=traced_shop.url, timeout=30) as client:
        buyer = Buyer(client, email="traced@example.com")
        waiting = await buyer.buy("card", ("85123A", 2))
        await buyer.pay_at_the_bank(waiting["redirect_url"], CARD)
        done = await buyer.standing(waiting["checkout_id"])  # the webhook alone brings it home
        assert done["step"] == "completed"
    spans = trace_of_the_purchase(await asyncio.to_thread(receiver.wait_for, is_whole))
    assert receiver.headers["api-key"] == "of-the-receiver"
    assert len({span.instance for span in spans}) == PROCESSES, sorted({span.service for span in spans})
    keep_for_the_picture(spans)

    names = [span.name for span in spans]
    for wanted in WANTED:
        assert wanted in names, (wanted, sorted(set(names)))
    assert not [span.name for span in spans if span.failed]
    assert orphans(spans) == []
    [message] = [span for span in spans if span.name == "payments.message"]
    webhook = {span.span for span in receiver.spans if span.name == "POST /webhooks/{gateway}"}
    linked = {span for _, span in message.links}
    served_by = {span.span: span for span in receiver.spans}
    assert any(ancestor(served_by, span) in webhook for span in linked), "the message is linked with its request"
    told = json.dumps([asdict(span) for span in receiver.spans])
    for secret in ("traced@example.com", "Oudegracht", "4242 4242", "4242424242424242", buyer.cart["token"]):
        assert secret not in told


def orphans(spans: list[Seen]) -> list[str]:
    """Return spans whose parent is not in the trace; one has none: the request that began it."""
    known = {span.span for span in spans}
    assert [span.name for span in spans if not span.parent] == ["POST /api/carts/{cart_id}/complete"]
    return [span.name for span in spans if span.parent and span.parent not in known]


def ancestor(spans: dict[str, Seen], span: str) -> str:
    while spans[span].parent in spans:
        span = spans[span].parent
    return span


def keep_for_the_picture(spans: list[Seen]) -> None:
    """Write the trace where `scripts/pictures/waterfall.py` finds it, when somebody asks."""
    if file := os.environ.get("SPRINGTIDE_KEEP_TRACE"):
        Path(file).write_text(json.dumps([asdict(span) for span in spans], indent=1), encoding="utf-8")
