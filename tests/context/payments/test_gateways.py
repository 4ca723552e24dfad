"""Several gateways live at once: who gets the attempt, when the next is asked, limits, breakers and switches."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from springtide.bootstrap import Node
from springtide.contexts.payments.domain.breaker import BreakerState
from springtide.contexts.payments.service.desk import Desk, Ticket
from springtide.contracts.payments.api import (
    Attempt,
    AttemptState,
    GatewayNotFound,
    GatewaysBusy,
    GatewayStatus,
    GatewaySwitch,
    PaymentMethodUnknown,
)
from springtide.platform.caller import guest
from springtide.platform.errors import BadInput, Forbidden, KeyReused
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from springtide.settings import Gateway
from tests.context.payments.conftest import TillWith
from tests.context.payments.till import Till
from tests.fakes.mollie_fake import MollieFake
from tests.fakes.serving import served
from tests.fakes.stripe_fake import StripeFake

SetClock = Callable[[Node, float], Awaitable[None]]
CARDS = {"NL": ("card",)}
BOTH: dict[str, dict[str, Any]] = {"north": {"markets": CARDS}, "south": {"markets": CARDS}}


class Mall:
    """A till with two sandboxes, Stripe and Mollie, all of them for cards in the Netherlands."""

    def __init__(self, till: Till, stripe: StripeFake, mollie: MollieFake) -> None:
        self.till, self.stripe, self.mollie = till, stripe, mollie

    async def start_at(self, gateway: str, **changes: Any) -> Attempt:
        return await self.till.start(attempt_id=id_for(self.till, gateway), **changes)

    def asked(self) -> tuple[int, int]:
        """How often Stripe and Mollie were called."""
        return len(self.stripe.calls), len(self.mollie.calls)


@pytest_asyncio.fixture
async def mall(till_with: TillWith) -> AsyncIterator[Mall]:
    stripes: list[StripeFake] = []
    mollies: list[MollieFake] = []

    def make_stripe(origin: str) -> StripeFake:
        stripes.append(StripeFake(origin=origin))
        return stripes[0]

    def make_mollie(origin: str) -> MollieFake:
        mollies.append(MollieFake(origin=origin))
        return mollies[0]

    with ExitStack() as stack:
        stripe_url, mollie_url = stack.enter_context(served(make_stripe)), stack.enter_context(served(make_mollie))
        stripe, mollie = stripes[0], mollies[0]
        till = await till_with(
            Gateway(
                name="stripe",
                provider="stripe",
                url=stripe_url,
                api_key=stripe.secret_key,
                webhook_secret=stripe.webhook_secret,
                markets=CARDS,
                weight=50,
            ),
            Gateway(
                name="mollie",
                provider="mollie",
                url=mollie_url,
                api_key=mollie.api_key,
                webhook_secret="marks-webhook-addresses",
                markets=CARDS,
                weight=25,
            ),
            **BOTH,
        )
        yield Mall(till, stripe, mollie)


def id_for(till: Till, *order: str, market: str = "NL") -> UUID:
    """An attempt's id whose first choices are these gateways."""
    for _ in range(10_000):
        attempt_id = uuid7()
        ranked = till.tools.desk.order(attempt_id, market=market, method="card", amount_minor=3490)
        if ranked[: len(order)] == order:
            return attempt_id
    raise AssertionError(f"no id leads to {order}")


async def status_of(till: Till, name: str) -> GatewayStatus:
    return next(status for status in await till.api.gateways(caller=till.caller) if status.name == name)


async def switch(till: Till, gateway: str, state: GatewaySwitch, reason: str = "a test") -> None:
    await till.api.switch_gateway(caller=till.caller, key=new_key(), gateway=gateway, state=state, reason=reason)


async def test_four_gateways_live_at_once(mall: Mall) -> None:
    names = ("north", "south", "stripe", "mollie")
    attempts = await asyncio.gather(*(mall.start_at(name) for name in names))
    assert tuple(attempt.gateway for attempt in attempts) == names
    waits, paid = AttemptState.AWAITING_BUYER, AttemptState.AUTHORISED
    assert [attempt.state for attempt in attempts] == [paid, paid, waits, waits]
    mall.stripe.pay_session(attempts[2].provider_ref)
    assert (await mall.till.refresh(attempts[2])).state is paid
    assert await mall.till.check() == ()


async def test_a_repeat_joins_where_it_was_started(mall: Mall) -> None:
    wanted = {"attempt_id": id_for(mall.till, "stripe"), "checkout_id": uuid7()}
    first = await mall.till.start(**wanted)
    await switch(mall.till, "stripe", GatewaySwitch.DRAIN)
    assert await mall.till.start(**wanted) == first
    assert len(mall.stripe.sessions) == 1


async def test_an_issuers_no_is_final(mall: Mall) -> None:
    before = mall.asked()
    declined = await mall.start_at(
        "north", scenario={"buyer": "approves", "outcome": "insufficient_funds", "webhook": "never"}
    )
    assert (declined.state, declined.gateway) == (AttemptState.DECLINED, "north")
    assert mall.asked() == before
    assert await mall.till.gateway_entries(declined, "south") == []
    assert (await status_of(mall.till, "north")).failures == 0


async def test_an_answer_that_was_lost_is_never_asked_for_elsewhere(mall: Mall) -> None:
    before = mall.asked()
    lost = await mall.start_at("north", scenario={"buyer": "approves", "webhook": "never", "fault": "drop_after"})
    assert (lost.state, lost.gateway) == (AttemptState.UNKNOWN, "north")
    assert mall.asked() == before
    assert (await status_of(mall.till, "north")).failures == 1


async def test_one_that_certainly_did_nothing_is_followed_by_the_next(mall: Mall) -> None:
    attempt_id = id_for(mall.till, "north", "stripe")
    await mall.till.outage("north", on=True)
    try:
        moved = await mall.till.start(attempt_id=attempt_id)
    finally:
        await mall.till.outage("north", on=False)
    assert (moved.state, moved.gateway) == (AttemptState.AWAITING_BUYER, "stripe")
    assert await mall.till.gateway_entries(moved) == []


async def test_one_that_refuses_our_key_is_followed_by_the_next(mall: Mall) -> None:
    attempt_id = id_for(mall.till, "stripe", "south")
    mall.stripe.secret_key = "another"
    moved = await mall.till.start(attempt_id=attempt_id)
    assert (moved.state, moved.gateway) == (AttemptState.AUTHORISED, "south")


async def test_a_breaker_keeps_attempts_from_a_gateway_that_is_down_until_probes_succeed(till_with: TillWith) -> None:
    till = await till_with(**BOTH)
    now_s = [5_000.0]
    till.tools.desk._clock = lambda: now_s[0]
    await till.outage("north", on=True)
    tripping = [id_for(till, "north") for _ in range(10)]
    attempts = [await till.start(attempt_id=attempt_id) for attempt_id in tripping]
    assert {attempt.gateway for attempt in attempts} == {"south"}
    await till.outage("north", on=False)
    kept_away = await till.start(attempt_id=id_for(till, "north"))
    seen = await status_of(till, "north")
    assert (kept_away.gateway, seen.breaker, seen.failures, seen.diverted) == ("south", BreakerState.OPEN, 10, 1)
    now_s[0] += 10
    back = [await till.start(attempt_id=id_for(till, "north")) for _ in range(3)]
    assert {attempt.gateway for attempt in back} == {"north"}
    assert (await status_of(till, "north")).breaker == BreakerState.CLOSED


async def test_a_dry_run_diverts_nobody(till_with: TillWith) -> None:
    till = await till_with(north={"markets": CARDS, "breaker": "dry_run"}, south={"markets": {}})
    await till.outage("north", on=True)
    for _ in range(10):
        assert (await till.start()).state is AttemptState.DECLINED
    await till.outage("north", on=False)
    attempt = await till.start()
    seen = await status_of(till, "north")
    assert (attempt.state, attempt.gateway) == (AttemptState.AUTHORISED, "north")
    assert (seen.breaker, seen.breaker_mode, seen.diverted) == (BreakerState.OPEN, "dry_run", 1)


async def test_without_any_gateway_the_buyer_is_told_at_once_and_nobody_is_asked(till_with: TillWith) -> None:
    till = await till_with(south={"markets": {}})
    await till.outage("north", on=True)
    for _ in range(10):
        await till.start()
    await till.outage("north", on=False)
    declined = await till.start()
    assert declined.state is AttemptState.DECLINED
    assert declined.decline.startswith("Deze betaalmethode werkt nu niet")
    assert await till.gateway_entries(declined) == []


async def test_at_its_limit_a_gateway_is_passed_over(till_with: TillWith) -> None:
    till = await till_with(north={"markets": CARDS, "max_in_flight": 1}, south={"markets": CARDS, "max_per_s": 0.01})
    under_way = till.tools.desk.enter("north")
    assert isinstance(under_way, Ticket)
    assert (await till.start(attempt_id=id_for(till, "north"))).gateway == "south"
    before = await till.counts()
    with pytest.raises(GatewaysBusy) as busy:
        await till.start()
    assert busy.value.retry_after_s == 1
    assert await till.counts() == before
    till.tools.desk.leave(under_way)
    assert (await till.start(attempt_id=id_for(till, "north"))).gateway == "north"
    assert till.tools.desk.counters["north"].in_flight == 0


async def test_a_repeat_at_the_limit_joins(till_with: TillWith) -> None:
    till = await till_with(north={"markets": CARDS, "max_per_s": 0.01})
    wanted = {"attempt_id": uuid7(), "checkout_id": uuid7()}
    first = await till.start(**wanted)
    assert await till.start(**wanted) == first
    with pytest.raises(GatewaysBusy):
        await till.start()


async def test_invoices_have_a_pace_too(till_with: TillWith) -> None:
    till = await till_with(invoice={"max_per_s": 0.01})
    wanted = {"attempt_id": uuid7(), "checkout_id": uuid7(), "method": "invoice"}
    first = await till.start(**wanted)
    assert await till.start(**wanted) == first
    before = await till.counts()
    with pytest.raises(GatewaysBusy):
        await till.start(method="invoice")
    assert await till.counts() == before


async def test_amounts_choose_the_gateway_and_the_methods(till_with: TillWith) -> None:
    till = await till_with(
        north={"markets": CARDS, "max_minor": 1_000}, south={"markets": CARDS, "min_minor": 501, "max_minor": 9_000}
    )
    assert (await till.start(amount_minor=500)).gateway == "north"
    assert (await till.start(amount_minor=1_001)).gateway == "south"
    with pytest.raises(PaymentMethodUnknown):
        await till.start(amount_minor=9_001)
    (card, _) = await till.api.methods(caller=guest(), market="NL")
    assert (card.key, card.min_minor, card.max_minor) == ("card", 0, 9_000)
    dear = await till.api.methods(caller=guest(), market="NL", amount_minor=9_001)
    assert [method.key for method in dear] == ["invoice"]


async def test_a_drained_gateway_takes_no_new_attempts_and_finishes_the_others(till_with: TillWith) -> None:
    till = await till_with(north={"markets": CARDS})
    paid = await till.start()
    await switch(till, "north", GatewaySwitch.DRAIN, "contract ends")
    before = await till.counts()
    with pytest.raises(PaymentMethodUnknown):
        await till.start()
    assert await till.counts() == before
    assert [method.key for method in await till.api.methods(caller=guest(), market="NL")] == ["invoice"]
    await till.capture(paid)
    assert (await till.now(paid)).state is AttemptState.CAPTURED


async def test_a_gateway_that_is_off_is_not_asked_anything_until_it_is_on(
    till_with: TillWith, set_clock: SetClock
) -> None:
    till = await till_with(north={"markets": CARDS})
    paid, waiting = await till.start(), await till.start(scenario={"webhook": "never"})
    await switch(till, "north", GatewaySwitch.OFF)
    ordered = await till.capture(paid)
    await till.pay(waiting)
    assert (await till.refresh(waiting)).state is AttemptState.AWAITING_BUYER
    assert await till.gateway_entries(paid) == [("authorised", 3490)]
    (operation,) = (await till.payment(paid)).operations
    assert (operation.id, operation.why) == (ordered.id, "the gateway is switched off")
    await switch(till, "north", GatewaySwitch.ON)
    await set_clock(till.node, 5)
    assert (await till.until(paid, lambda now: now.captured_minor == 3490)).state is AttemptState.CAPTURED
    assert (await till.refresh(waiting)).state is AttemptState.AUTHORISED


async def test_a_switch_keeps_who_when_and_why(till: Till) -> None:
    assert (await status_of(till, "south")).switched is None
    await switch(till, "south", GatewaySwitch.DRAIN, "slow since noon")
    await switch(till, "south", GatewaySwitch.ON, "fast again")
    history = await till.api.gateway_history(caller=till.caller, gateway="south")
    assert [(one.before, one.state, one.by, one.reason) for one in history] == [
        ("drain", "on", "system:test", "fast again"),
        ("on", "drain", "system:test", "slow since noon"),
    ]
    seen = await status_of(till, "south")
    assert (seen.switch, seen.switched) == (GatewaySwitch.ON, history[0])
    audit = await till.api.list_audit(caller=till.caller, aggregate_id="south")
    assert [row.action for row in audit] == ["gateway_switched", "gateway_switched"]


async def test_other_processes_follow_a_switch_within_a_second(till: Till) -> None:
    other = Desk(till.tools.registry)
    await other.ready(till.tools.db)
    await switch(till, "north", GatewaySwitch.DRAIN)
    assert other.switch("north") is GatewaySwitch.ON
    (loop,) = (one for one in till.node.built["payments"].loops if one.name == "read_switches")
    assert loop.every_s <= 0.5
    await other.read_switches(till.tools.db)
    assert other.switch("north") is GatewaySwitch.DRAIN


async def test_a_process_that_has_just_started_knows_the_switches(till: Till) -> None:
    await switch(till, "invoice", GatewaySwitch.OFF)
    till.tools.desk = Desk(till.tools.registry)
    with pytest.raises(PaymentMethodUnknown):
        await till.start(method="invoice")


async def test_a_repeated_switch_moves_it_once(till: Till) -> None:
    move: dict[str, Any] = {"caller": till.caller, "gateway": "north", "state": GatewaySwitch.OFF, "reason": "test"}
    key = new_key()
    first = await till.api.switch_gateway(key=key, **move)
    assert await till.api.switch_gateway(key=key, **move) == first
    with pytest.raises(KeyReused):
        await till.api.switch_gateway(key=key, **{**move, "reason": "another"})
    assert len(await till.api.gateway_history(caller=till.caller, gateway="north")) == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"gateway": "west"}, GatewayNotFound),
        ({"reason": "  "}, BadInput),
        ({"reason": "x" * 201}, BadInput),
        ({"caller": guest()}, Forbidden),
    ],
)
async def test_a_refused_switch_moves_nothing(till: Till, changes: dict[str, Any], refusal: type[Exception]) -> None:
    move: dict[str, Any] = {"caller": till.caller, "gateway": "north", "state": GatewaySwitch.OFF, "reason": "test"}
    before = await till.counts()
    with pytest.raises(refusal):
        await till.api.switch_gateway(key=new_key(), **{**move, **changes})
    assert await till.counts() == before
    assert await till.api.gateway_history(caller=till.caller, gateway="north") == ()
    assert (await status_of(till, "north")).switch is GatewaySwitch.ON
